/// Tries to connect to every port of a host, a thousand at a time.
///
///     ./jloop run examples/PortScan.java HOST FROM TO
///
/// A thousand coroutines share a counter: each takes the next port until none is left. They
/// need no lock for that, as one of them runs at a time, until it waits.

import module java.base;
import jloop.*;
import jloop.io.*;
import static jloop.Asyncio.*;

static final int AT_ONCE = 1000;
static final Duration LIMIT = Duration.ofSeconds(1);

int next;
final SortedSet<Integer> open = new TreeSet<>();
int silent;

void main(String[] args) {
    if (args.length != 3) {
        IO.println("usage: PortScan HOST FROM TO");
        return;
    }
    run(() -> scan(args[0], Integer.parseInt(args[1]), Integer.parseInt(args[2])));
}

void scan(String host, int from, int to) {
    String address = toThread(() -> InetAddress.getByName(host)).getHostAddress();
    long begin = getRunningLoop().time();
    next = from;

    var workers = new ArrayList<Task<Void>>();
    int count = Math.min(AT_ONCE, to - from + 1);
    for (int i = 0; i < count; i++) workers.add(createTask(() -> work(address, to)));
    gather(workers).await();

    var took = Duration.ofNanos(getRunningLoop().time() - begin);
    for (int port : open) IO.println("open: " + port);
    IO.println("%d ports of %s, %d open, %d without an answer, in %d ms".formatted(
            to - from + 1, host, open.size(), silent, took.toMillis()));
}

void work(String address, int last) {
    while (next <= last) {
        int port = next++;
        try {
            if (waitFor(() -> isOpen(address, port), LIMIT)) open.add(port);
        } catch (TimeoutException e) {
            silent++;
        }
    }
}

boolean isOpen(String address, int port) {
    try (var connection = openConnection(address, port)) {
        return true;
    } catch (IOException e) {
        return false;
    }
}
