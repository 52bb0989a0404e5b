/// A chat: what one client says, all others hear.
///
///     ./jloop run examples/ChatServer.java PORT [PATIENCE_SECONDS]
///
///     socat READLINE TCP:127.0.0.1:PORT         (or telnet, or nc)
///
/// Each client has two tasks: one hears what it says, the other one tells it what is said, from
/// an outbox of limited size. So nobody waits for a client that reads slowly: it misses lines,
/// and is told how many. Who takes nothing at all for 30 seconds is sent away. Port 0 takes any
/// free port.

import module java.base;
import jloop.*;
import jloop.io.*;
import jloop.Queue;                             // not that of java.util
import static java.nio.charset.StandardCharsets.UTF_8;
import static jloop.Asyncio.*;

static final int LINE_BYTES = 1024;
static final int OUTBOX_LINES = 100;
static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}_-]{1,20}");

final Map<String, Client> clients = new TreeMap<>();        // all touch it, one at a time
Duration patience = Duration.ofSeconds(30);

void main(String[] args) {
    if (args.length == 0) {
        IO.println("usage: ChatServer PORT [PATIENCE_SECONDS]");
        return;
    }
    if (args.length > 1) patience = Duration.ofSeconds(Long.parseLong(args[1]));
    try {
        run(() -> listen(Integer.parseInt(args[0])));
    } catch (KeyboardInterrupt e) {
        IO.println("Stopped");
    }
}

void listen(int port) throws IOException {
    Server server = startServer(this::serve, "127.0.0.1", port, o -> o.withLimit(LINE_BYTES));
    IO.println("Chatting on port " + server.port());
    server.serveForever();
}

// ---- A client

void serve(StreamReader reader, StreamWriter writer) {
    try {
        String name = askName(reader, writer);
        if (name != null) chat(name, reader, writer);
    } catch (IOException e) {
        // It has gone without a word.
    } catch (IllegalArgumentException e) {
        writer.write("That line was too long for me. Good-bye.\n".getBytes(UTF_8));
    }
}

/// A name that nobody else has; null if the client leaves.
String askName(StreamReader reader, StreamWriter writer) throws IOException {
    String question = "What is your name?";
    while (true) {
        writer.write((question + "\n").getBytes(UTF_8));
        String name = hear(reader);
        if (name == null) return null;
        if (!NAME.matcher(name).matches()) question = "Up to 20 letters and digits, please.";
        else if (clients.containsKey(name)) question = name + " is here already. And you?";
        else return name;
    }
}

void chat(String name, StreamReader reader, StreamWriter writer) throws IOException {
    var client = new Client(writer);
    client.tell("* Here: " + (clients.isEmpty() ? "nobody" : String.join(", ", clients.keySet())));
    tellAll("* " + name + " has come");
    clients.put(name, client);
    var telling = createTask(client::tellWhatIsSaid);
    try {
        for (String line; (line = hear(reader)) != null; ) {
            tellOthers(client, name + ": " + line);
            sleep(Duration.ZERO);               // lines that came together: others have a turn
        }
    } finally {
        telling.cancel();
        clients.remove(name);
        tellAll("* " + name + " has gone");
    }
}

/// The next line, without what could upset the terminals of others; null at the end.
String hear(StreamReader reader) throws IOException {
    byte[] line = reader.readline();
    return line.length == 0 ? null : new String(line, UTF_8).replaceAll("\\p{Cntrl}", "").strip();
}

void tellAll(String line) {
    tellOthers(null, line);
}

void tellOthers(Client speaker, String line) {
    for (Client client : clients.values()) {
        if (client != speaker) client.tell(line);
    }
}

class Client {

    private final Queue<String> outbox = new Queue<>(OUTBOX_LINES);
    private final StreamWriter writer;
    private int missed;

    Client(StreamWriter writer) {
        this.writer = writer;
    }

    /// Never waits. Once a line had no room, the next ones are missed too, until all before it
    /// are sent: so it is clear where they are missing.
    void tell(String line) {
        if (missed > 0 || outbox.full()) missed++;
        else outbox.putNowait(line);
    }

    void tellWhatIsSaid() {
        try {
            while (true) {
                send(outbox.get());
                if (missed > 0 && outbox.empty()) {
                    int count = missed;
                    missed = 0;
                    send("* You have missed " + count + " lines");
                }
            }
        } catch (IOException | TimeoutException e) {
            writer.abort();                     // so nothing more is heard of it either
        }
    }

    private void send(String line) throws IOException, TimeoutException {
        writer.write((line + "\n").getBytes(UTF_8));
        timeout(patience, () -> writer.drain());
    }
}
