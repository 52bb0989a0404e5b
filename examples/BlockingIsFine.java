/// Blocking calls of the JDK, made in coroutines, while another coroutine ticks.
///
///     ./jloop run examples/BlockingIsFine.java
///
/// A coroutine is a virtual thread, so a blocking call parks it and the loop runs the others:
/// `Thread.sleep`, a `BlockingQueue`, and `HttpClient`, which here asks a server of this very
/// loop.

import module java.base;
import module java.net.http;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

int ticks;      // no lock: one coroutine at a time

void main() {
    run(() -> {
        var ticker = createTask(this::tick);
        during("Thread.sleep", () -> Thread.sleep(Duration.ofMillis(200)));
        during("BlockingQueue", this::takeFromQueue);
        during("HttpClient", this::fetch);
        ticker.cancel();
    });
}

void tick() {
    while (true) {
        sleep(Duration.ofMillis(10));
        ticks++;
    }
}

void during(String what, VoidCoroutine work) throws Exception {
    int before = ticks;
    work.run();
    IO.println(what + ": the ticker " + (ticks > before ? "went on" : "stood still"));
}

/// Takes what another thread, no coroutine, puts a little later.
void takeFromQueue() throws InterruptedException {
    var queue = new LinkedBlockingQueue<String>();
    Thread.ofPlatform().start(() -> {
        LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
        queue.add("a message");
    });
    IO.println("taken: " + queue.take());
}

void fetch() throws IOException, InterruptedException {
    Server server = startServer(this::answer, "127.0.0.1", 0);
    try (var client = HttpClient.newHttpClient(); server) {
        var address = URI.create("http://127.0.0.1:" + server.port() + "/");
        var request = HttpRequest.newBuilder(address).build();
        IO.println("fetched: " + client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
}

void answer(StreamReader reader, StreamWriter writer) throws IOException {
    reader.readuntil("\r\n\r\n".getBytes());
    sleep(Duration.ofMillis(200));
    String answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    writer.write(answer.getBytes());
}
