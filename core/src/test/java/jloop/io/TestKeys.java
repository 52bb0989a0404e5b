package jloop.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// Keys and certificates of an authority of our own, made by openssl for each run of the tests.
///
/// `server` is for localhost and 127.0.0.1, `rsa` too, with another kind of key; `other` for
/// other.example, `expired` was for localhost until yesterday; `client` is whoever it says.
final class TestKeys {

    private static final char[] NO_SECRET = "changeit".toCharArray();
    private static final String LOCALHOST = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    static final TestKeys INSTANCE = new TestKeys();

    final Path folder;

    private TestKeys() {
        try {
            folder = Files.createTempDirectory("jloop-keys");
            folder.toFile().deleteOnExit();             // the last one, after what is in it
            openssl("req -x509 %s -keyout ca.key -out ca.pem -days 2 -subj /CN=jloop-test-CA"
                    .formatted(EC));
            make("server", EC, "localhost", LOCALHOST, 2);
            make("rsa", "-newkey rsa:2048 -nodes", "localhost", LOCALHOST, 2);
            make("other", EC, "other.example", "subjectAltName=DNS:other.example", 2);
            make("expired", EC, "localhost", LOCALHOST, -1);
            make("client", EC, "someone", "subjectAltName=DNS:client.example", 2);
            try (Stream<Path> files = Files.list(folder)) {
                files.forEach(file -> file.toFile().deleteOnExit());
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static final String EC = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

    private void make(String name, String kind, String subject, String extension, int days)
            throws IOException {
        openssl("req %s -keyout %s.key -out %s.csr -subj /CN=%s -addext %s"
                .formatted(kind, name, name, subject, extension));
        openssl(("x509 -req -in %s.csr -CA ca.pem -CAkey ca.key -copy_extensions copy -days %d"
                + " -out %s.pem").formatted(name, days, name));
    }

    private void openssl(String arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments.split(" ")));
        Process process = new ProcessBuilder(command).directory(folder.toFile())
                .redirectErrorStream(true).start();
        try {
            String said = new String(process.getInputStream().readAllBytes());
            assertThat(process.waitFor()).as(said).isZero();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /// A context that trusts the authority, and has the key of `name`, unless null.
    static SSLContext context(@Nullable String name) {
        return context("TLS", name);
    }

    /// The same for one version of TLS and those before.
    static SSLContext context(String protocol, @Nullable String name) {
        return made(() -> INSTANCE.init(SSLContext.getInstance(protocol),
                TrustManagerFactory.getInstance("PKIX"), name, null));
    }

    /// The same by another provider, which also decides whom to trust.
    static SSLContext context(Provider provider, String protocol, @Nullable String name) {
        return made(() -> INSTANCE.init(SSLContext.getInstance(protocol, provider),
                TrustManagerFactory.getInstance("PKIX", provider), name, null));
    }

    /// One without a key, whose secrets come from `random`.
    static SSLContext withoutKey(SecureRandom random) {
        return made(() -> INSTANCE.init(SSLContext.getInstance("TLS"),
                TrustManagerFactory.getInstance("PKIX"), null, random));
    }

    private static SSLContext made(Callable<SSLContext> maker) {
        try {
            return maker.call();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private SSLContext init(SSLContext context, TrustManagerFactory trust,
            @Nullable String name, @Nullable SecureRandom random)
            throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", certificate("ca"));
        trust.init(trusted);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(name == null ? null : store(name), NO_SECRET);
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), random);
        return context;
    }

    /// Not a PKCS 12: of such a one the JDK derives the key from the password at each
    /// handshake, which takes longer than the handshake.
    private KeyStore store(String name) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        store.setKeyEntry(name, key(name), NO_SECRET, new Certificate[] {certificate(name)});
        return store;
    }

    Certificate certificate(String name) throws GeneralSecurityException, IOException {
        return CertificateFactory.getInstance("X.509").generateCertificate(
                new ByteArrayInputStream(Files.readAllBytes(file(name + ".pem"))));
    }

    private PrivateKey key(String name) throws GeneralSecurityException, IOException {
        String pem = Files.readString(file(name + ".key"));
        byte[] encoded = Base64.getMimeDecoder().decode(pem.replaceAll("-----.*?-----", ""));
        return KeyFactory.getInstance(name.equals("rsa") ? "RSA" : "EC")
                .generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }
}
