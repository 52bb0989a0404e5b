package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

// TCP_NODELAY is on by default, the backlog is net.core.somaxconn (4096), and the limit of open
// files is raised at the start.

// A connection borrows a buffer: new ones cost no allocation.
var buffers = sync.Pool{New: func() any {
	buffer := make([]byte, 65536)
	return &buffer
}}

func serve(kind, address string) {
	listener, err := listen(address)
	if err != nil {
		log.Fatal(err)
	}
	switch kind {
	case "echo":
		accept(listener, echo)
	case "sink":
		accept(listener, sink)
	case "http":
		log.Fatal(http.Serve(listener, http.HandlerFunc(hello)))
	default:
		log.Fatal("no kind ", kind)
	}
}

func listen(address string) (net.Listener, error) {
	if strings.HasPrefix(address, "/") {
		os.Remove(address)
		return net.Listen("unix", address)
	}
	return net.Listen("tcp4", "127.0.0.1:"+address)
}

func accept(listener net.Listener, handle func(net.Conn, []byte)) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer connection.Close()
			buffer := buffers.Get().(*[]byte)
			defer buffers.Put(buffer)
			handle(connection, *buffer)
		}()
	}
}

func echo(connection net.Conn, buffer []byte) {
	for {
		count, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:count]); err != nil {
			return
		}
	}
}

func sink(connection net.Conn, buffer []byte) {
	for {
		if _, err := connection.Read(buffer); err != nil {
			return
		}
	}
}

func hello(response http.ResponseWriter, _ *http.Request) {
	response.Header().Set("Content-Type", "text/plain")
	io.WriteString(response, "Hello, world!")
}
