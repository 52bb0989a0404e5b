// peers echo|sink|http ADDRESS: a goroutine for each connection, HTTP by net/http.
// peers sched CASE REPETITIONS: goroutines and channels.
package main

import "os"

func main() {
	if os.Args[1] == "sched" {
		schedule(os.Args[2], os.Args[3])
	} else {
		serve(os.Args[1], os.Args[2])
	}
}
