/// Sends lines over TLS and prints what comes back.
///
///     ./jloop run examples/TlsClient.java localhost 7000 KEYS hello world
///
/// KEYS is a file with whom to trust, `-` for the authorities that Java trusts. The server has
/// to have a certificate for the very name that is given. `examples/EchoServer.java` says how
/// to make such a file, and is a server to try this with.

import module java.base;
import java.security.cert.X509Certificate;
import jloop.*;
import jloop.io.*;
import static java.nio.charset.StandardCharsets.UTF_8;
import static jloop.Asyncio.*;

void main(String[] args) {
    if (args.length < 4) {
        IO.println("usage: TlsClient HOST PORT KEYS LINE...");
        return;
    }
    run(() -> {
        try {
            send(args[0], Integer.parseInt(args[1]), args[2],
                    List.of(args).subList(3, args.length));
        } catch (SSLException e) {
            IO.println("No connection: " + e.getMessage());
        }
    });
}

void send(String host, int port, String keys, List<String> lines)
        throws IOException, GeneralSecurityException {
    SSLContext context = keys.equals("-")
            ? SSLContext.getDefault() : contextThatTrusts(Path.of(keys));
    try (StreamPair pair = openConnection(host, port, o -> o.withTls(context))) {
        IO.println("Talking " + pair.writer().getExtraInfo("tls_version") + " to "
                + ((X509Certificate) pair.writer().getExtraInfo("peercert"))
                        .getSubjectX500Principal().getName());
        for (String line : lines) {
            pair.writer().write((line + "\n").getBytes(UTF_8));
            IO.print(new String(pair.reader().readline(), UTF_8));
        }
        pair.close();
        pair.writer().waitClosed();         // both have said that nothing more will come
    }
}

static SSLContext contextThatTrusts(Path file) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(file.toFile(), "changeit".toCharArray());
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
}
