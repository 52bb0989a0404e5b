package jloop.testing;

import java.lang.reflect.Method;
import java.util.List;
import jloop.EventLoop;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/// A JUnit extension that gives each test a loop in virtual time, and fails the test if it
/// leaves something behind: tasks, timers or sockets of the loop, reports to its exception
/// handler that were not taken, threads of jloop, or (on Linux) sockets of the process.
///
/// A method that is called for each test can have these parameters: [EventLoop], its
/// [VirtualTime], and the [Reports] of its exception handler. The loop is closed after the
/// test.
///
/// Threads and sockets are those of the whole process: tests that run at the same time see one
/// another's.
///
/// {@snippet :
/// @ExtendWith(LoopExtension.class)
/// class RetryTest {
///     @Test
///     void retry_afterAFailure_waitsAMinute(EventLoop loop, VirtualTime time) {
///         loop.runUntilComplete(() -> new Client().call());
///         assertThat(time.now()).isEqualTo(Duration.ofMinutes(1));
///     }
/// }
/// }
public final class LoopExtension
        implements BeforeEachCallback, AfterEachCallback, ParameterResolver {

    private static final Namespace NAMESPACE = Namespace.create(LoopExtension.class);

    /// Made by JUnit.
    public LoopExtension() { }

    @Override
    public void beforeEach(ExtensionContext context) {
        store(context).put(LeakCheck.class, new LeakCheck());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        LeakCheck check = store(context).remove(LeakCheck.class, LeakCheck.class);
        if (check == null) return;                  // there was no beforeEach
        if (context.getExecutionException().isPresent()) {
            check.giveUp();
            return;
        }
        List<String> left = check.leftovers();
        if (!left.isEmpty())
            throw new AssertionError("the test left behind:\n  " + String.join("\n  ", left));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return parameter.getDeclaringExecutable() instanceof Method
                && (type == EventLoop.class || type == VirtualTime.class || type == Reports.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        LeakCheck check = store(context).get(LeakCheck.class, LeakCheck.class);
        if (check == null)
            throw new ParameterResolutionException("a loop is for one test: "
                    + parameter.getDeclaringExecutable() + " is not called for each test");
        Class<?> type = parameter.getParameter().getType();
        if (type == EventLoop.class) return check.time.loop();
        return type == VirtualTime.class ? check.time : check.reports;
    }

    private static Store store(ExtensionContext context) {
        return context.getStore(NAMESPACE);
    }
}
