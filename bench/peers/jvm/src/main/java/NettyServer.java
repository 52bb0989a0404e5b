import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpResponseStatus.OK;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;

/// `NettyServer echo|sink|http ADDRESS TRANSPORT`: one event loop accepts and serves. Buffers
/// come from Netty's own pool, off the heap, and grow with what is read, up to 64 KiB.
final class NettyServer {

    private NettyServer() {}

    public static void main(String[] args) throws Exception {
        String kind = args[0];
        String address = args[1];
        var transport = NettyTransport.of(args[2]);
        var server = new ServerBootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, transport.handler()))
                .channel(transport.channel(address))
                .option(ChannelOption.SO_BACKLOG, Address.BACKLOG)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        addHandlers(channel, kind);
                    }
                });
        if (!Address.isUnix(address)) server.childOption(ChannelOption.TCP_NODELAY, true);
        if (transport.allowsHalfClosure(address)) {
            // So that an answer still goes out when the peer has shut its side down.
            server.childOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        }
        server.bind(transport.address(address)).sync().channel().closeFuture().sync();
    }

    private static void addHandlers(Channel channel, String kind) {
        var pipeline = channel.pipeline();
        switch (kind) {
            case "echo" -> pipeline.addLast(new Echo());
            case "sink" -> pipeline.addLast(new Sink());
            case "http" -> pipeline.addLast(
                    new HttpResponseEncoder(), new HttpRequestDecoder(), new Hello());
            default -> throw new IllegalArgumentException("no kind " + kind);
        }
    }

    static class Sink extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
        }

        /// The peer shut its side down: closes behind what is still to be written.
        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event == ChannelInputShutdownEvent.INSTANCE) {
                context.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /// Flushes once for all that a turn read, and makes no promise for each write.
    static final class Echo extends Sink {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(context.channel().isWritable());
        }
    }

    static final class Hello extends Sink {

        private static final ByteBuf BODY = Unpooled.unreleasableBuffer(
                Unpooled.directBuffer().writeBytes("Hello, world!".getBytes(US_ASCII)));
        private static final AsciiString LENGTH = AsciiString.cached("13");
        private static final AsciiString TEXT = AsciiString.cached("text/plain");

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest) {
                context.write(response(), context.voidPromise());
            }
            ReferenceCountUtil.release(message); // the content, empty with a GET
        }

        private static DefaultFullHttpResponse response() {
            // The headers are constants: no need to validate them.
            var headers = DefaultHttpHeadersFactory.headersFactory().withValidation(false);
            var response = new DefaultFullHttpResponse(HTTP_1_1, OK, BODY.duplicate(),
                    headers.newHeaders(), EmptyHttpHeaders.INSTANCE);
            response.headers().set(CONTENT_TYPE, TEXT).set(CONTENT_LENGTH, LENGTH);
            return response;
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }
}
