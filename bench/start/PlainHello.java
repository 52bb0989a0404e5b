/// The same without jloop: what the JVM alone takes.

void main() throws InterruptedException {
    java.util.concurrent.TimeUnit.MILLISECONDS.sleep(1);
    IO.println("Hello, world!");
}
