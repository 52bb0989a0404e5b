import java.util.concurrent.TimeUnit;

/// The same without jloop: what the JVM alone takes.
public class PlainHello {

    public static void main(String[] arguments) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(1);
        System.out.println("Hello, world!");
    }
}
