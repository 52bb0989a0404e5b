import static java.nio.charset.StandardCharsets.US_ASCII;

import io.activej.eventloop.Eventloop;
import io.activej.http.HttpResponse;
import io.activej.http.HttpServer;
import io.activej.net.AbstractReactiveServer;
import io.activej.net.SimpleServer;
import io.activej.net.socket.tcp.ITcpSocket;
import io.activej.reactor.net.ServerSocketSettings;
import io.activej.reactor.net.SocketSettings;
import java.io.IOException;
import java.net.InetSocketAddress;

/// `ActivejServer echo|sink|http PORT`: ActiveJ's event loop, which has no unix sockets.
final class ActivejServer {

    private static final byte[] BODY = "Hello, world!".getBytes(US_ASCII);

    private ActivejServer() {}

    public static void main(String[] args) throws IOException {
        var loop = Eventloop.builder().withCurrentThread().build();
        server(loop, args[0])
                .withListenAddress((InetSocketAddress) Address.of(args[1]))
                .withServerSocketSettings(
                        ServerSocketSettings.builder().withBacklog(Address.BACKLOG).build())
                .withSocketSettings(SocketSettings.builder().withTcpNoDelay(true).build())
                .build()
                .listen();
        loop.keepAlive(true);
        loop.run();
    }

    private static AbstractReactiveServer.Builder<?, ?> server(
            Eventloop loop, String kind) {
        return switch (kind) {
            case "echo" -> SimpleServer.builder(loop, ActivejServer::echo);
            case "sink" -> SimpleServer.builder(loop, ActivejServer::sink);
            case "http" -> HttpServer.builder(loop,
                    _ -> HttpResponse.ok200().withBody(BODY).toPromise());
            default -> throw new IllegalArgumentException("no kind " + kind);
        };
    }

    /// Reads and writes in turns: quicker than ActiveJ's channels, as it needs no queue.
    private static void echo(ITcpSocket socket) {
        socket.read().whenComplete((data, failure) -> {
            if (data == null) {
                socket.close();
                return;
            }
            socket.write(data).whenComplete((_, broken) -> {
                if (broken == null) echo(socket);
                else socket.close();
            });
        });
    }

    private static void sink(ITcpSocket socket) {
        socket.read().whenComplete((data, failure) -> {
            if (data == null) {
                socket.close();
                return;
            }
            data.recycle();
            sink(socket);
        });
    }
}
