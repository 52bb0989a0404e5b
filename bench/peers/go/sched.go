package main

import (
	"fmt"
	"log"
	"math/rand"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	spawns     = 1_000_000
	yielders   = 100
	yieldsEach = 100_000
	pings      = 1_000_000
	timerCount = 1_000_000
	calls      = 2_000_000
	parkedMany = 1_000_000
)

var cases = map[string]func(){
	"spawn":      spawn,
	"yield":      yields,
	"pingpong":   pingpong,
	"timers":     timers,
	"threadsafe": threadsafe,
	"parked":     parked,
}

var (
	heapBefore uint64        // before the first repetition: goroutines that ended are kept for others
	uncounted  time.Duration // of this repetition
	more       string        // to be printed behind the seconds
)

func schedule(name, repetitions string) {
	count, err := strconv.Atoi(repetitions)
	if err != nil || cases[name] == nil {
		log.Fatal("no case ", name, " or number ", repetitions)
	}
	heapBefore = liveHeap()
	for repetition := 0; repetition < count; repetition++ {
		uncounted = 0
		start := time.Now()
		cases[name]()
		fmt.Printf("{\"case\":\"%s\",\"rep\":%d,\"s\":%f%s}\n",
			name, repetition, (time.Since(start) - uncounted).Seconds(), more)
	}
}

func spawn() {
	var sum int64
	var group sync.WaitGroup
	group.Add(spawns)
	for i := int64(0); i < spawns; i++ {
		go func(number int64) {
			runtime.Gosched()
			atomic.AddInt64(&sum, number)
			group.Done()
		}(i)
	}
	group.Wait()
	if sum != spawns*(spawns-1)/2 {
		log.Fatal("a wrong sum: ", sum)
	}
}

func yields() {
	var group sync.WaitGroup
	group.Add(yielders)
	for i := 0; i < yielders; i++ {
		go func() {
			for turn := 0; turn < yieldsEach; turn++ {
				runtime.Gosched()
			}
			group.Done()
		}()
	}
	group.Wait()
}

func pingpong() {
	there, back := make(chan int, 1), make(chan int, 1)
	go func() {
		for i := 0; i < pings; i++ {
			back <- <-there + 1
		}
	}()
	for i := 0; i < pings; i++ {
		there <- i
		if pong := <-back; pong != i+1 {
			log.Fatal("a wrong answer: ", pong)
		}
	}
}

// Timers of AfterFunc, each of which runs in a goroutine; the odd half is stopped.
func timers() {
	var fired sync.WaitGroup
	fired.Add(timerCount)
	set := make([]*time.Timer, timerCount)
	for i := range set {
		set[i] = time.AfterFunc(time.Duration(rand.Int63n(int64(time.Second))), fired.Done)
	}
	for i := 1; i < timerCount; i += 2 {
		if set[i].Stop() {
			fired.Done()
		}
	}
	fired.Wait()
}

// A goroutine with a thread of its own sends functions, this one runs them.
func threadsafe() {
	functions := make(chan func(), 1024)
	go func() {
		runtime.LockOSThread()
		count := 0
		for i := 0; i < calls; i++ {
			functions <- func() { count++ }
		}
		close(functions)
	}()
	for function := range functions {
		function()
	}
}

// Goroutines that wait for one channel to be closed, and what each holds.
func parked() {
	gate := make(chan struct{})
	var begun, group sync.WaitGroup
	begun.Add(parkedMany)
	group.Add(parkedMany)
	for i := 0; i < parkedMany; i++ {
		go func() {
			begun.Done()
			<-gate
			group.Done()
		}()
	}
	begun.Wait()
	more = fmt.Sprintf(",\"bytesEach\":%d", (liveHeap()-heapBefore)/parkedMany)
	close(gate)
	group.Wait()
}

// Bytes of heap and stacks in use after a collection, the time of which does not count.
func liveHeap() uint64 {
	start := time.Now()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	uncounted += time.Since(start)
	return stats.HeapInuse + stats.StackInuse
}
