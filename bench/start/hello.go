package main

import (
	"fmt"
	"time"
)

func main() {
	time.Sleep(time.Millisecond)
	fmt.Println("Hello, world!")
}
