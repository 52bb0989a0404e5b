import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.transport.Transport;
import java.io.IOException;

/// `VertxServer echo|sink|http ADDRESS nio|epoll`: one verticle on one event loop.
final class VertxServer extends VerticleBase {

    private static final Buffer BODY = Buffer.buffer("Hello, world!");
    private static final CharSequence LENGTH = HttpHeaders.createOptimized("13");
    private static final CharSequence TEXT = HttpHeaders.createOptimized("text/plain");

    private final String kind;
    private final SocketAddress address;

    private VertxServer(String kind, SocketAddress address) {
        this.kind = kind;
        this.address = address;
    }

    public static void main(String[] args) throws IOException {
        var transport = args[2].equals("epoll") ? Transport.EPOLL : Transport.NIO;
        var vertx = Vertx.builder()
                .with(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(false))
                .withTransport(transport)
                .build();
        vertx.deployVerticle(new VertxServer(args[0], address(args[1]))).onFailure(failure -> {
            System.err.println(failure);
            System.exit(1);
        });
    }

    private static SocketAddress address(String address) throws IOException {
        return Address.isUnix(address)
                ? SocketAddress.domainSocketAddress(Address.freePath(address))
                : SocketAddress.inetSocketAddress(Integer.parseInt(address), "127.0.0.1");
    }

    @Override
    public Future<?> start() {
        if (kind.equals("http")) {
            // TCP_NODELAY is on by default, in both kinds of server.
            return vertx.createHttpServer(new HttpServerOptions().setAcceptBacklog(Address.BACKLOG))
                    .requestHandler(request -> request.response()
                            .putHeader(HttpHeaders.CONTENT_TYPE, TEXT)
                            .putHeader(HttpHeaders.CONTENT_LENGTH, LENGTH)
                            .end(BODY))
                    .listen(address);
        }
        return vertx.createNetServer(new NetServerOptions().setAcceptBacklog(Address.BACKLOG))
                .connectHandler(kind.equals("echo") ? VertxServer::echo : VertxServer::sink)
                .listen(address);
    }

    private static void echo(NetSocket socket) {
        socket.exceptionHandler(_ -> socket.close());
        socket.handler(data -> {
            socket.write(data);
            if (socket.writeQueueFull()) {
                socket.pause();
                socket.drainHandler(_ -> socket.resume());
            }
        });
    }

    private static void sink(NetSocket socket) {
        socket.exceptionHandler(_ -> socket.close());
        socket.handler(_ -> {});
    }
}
