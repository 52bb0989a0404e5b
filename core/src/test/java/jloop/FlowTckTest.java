package jloop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.SubscriberPuppet;
import org.reactivestreams.tck.SubscriberWhiteboxVerification.WhiteboxSubscriberProbe;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.FlowPublisherVerification;
import org.reactivestreams.tck.flow.FlowSubscriberBlackboxVerification;
import org.reactivestreams.tck.flow.FlowSubscriberWhiteboxVerification;
import org.testng.annotations.AfterClass;
import org.testng.annotations.BeforeClass;
import org.testng.annotations.BeforeMethod;
import org.testng.annotations.Test;

/// The rules of Reactive Streams, as their authors test them: a test for each method of their
/// kit, on a loop that runs in a thread of its own.
class FlowTckTest {

    private static final int TIMEOUT_MILLIS = 20_000;       // something must come within this
    private static final int SILENCE_MILLIS = 40;           // nothing may come within this
    private static final List<Integer> PAUSES_MILLIS = List.of(50, 500, 5_000);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newRealLoop();
    private Thread runner;
    private int pauseMillis;                        // before the kit looks at something once

    @BeforeEach
    void startLoop() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        loop.callSoon(running::countDown);
        runner = Thread.ofPlatform().name("loop-runner").start(loop::runForever);
        running.await();
    }

    @AfterEach
    void stopLoop() throws Exception {
        Asyncio.runCoroutineThreadsafe(() -> {
            for (Task<?> task : Asyncio.allTasks()) {
                if (task != Asyncio.currentTask()) task.cancel();
            }
            while (Asyncio.allTasks().size() > 1) Asyncio.sleep(java.time.Duration.ZERO);
            return null;
        }, loop).get();
        loop.callSoonThreadsafe(loop::stop);
        runner.join();
    }

    @TestFactory
    Stream<DynamicTest> publisher() {
        return testsOf(PublisherRules::new);
    }

    @TestFactory
    Stream<DynamicTest> subscriber_seenFromOutside() {
        return testsOf(SubscriberRules::new);
    }

    @TestFactory
    Stream<DynamicTest> subscriber_seenFromInside() {
        return testsOf(SubscriberInnerRules::new);
    }

    /// One for each test method, but for those that say in their name that they test nothing.
    private Stream<DynamicTest> testsOf(Supplier<?> verification) {
        var methods = Arrays.stream(verification.get().getClass().getMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .filter(method -> !method.getName().startsWith("untested_"))
                .sorted(Comparator.comparing(Method::getName)).toList();
        assertThat(methods).hasSizeGreaterThan(10);
        return methods.stream().map(method -> DynamicTest.dynamicTest(method.getName(),
                () -> run(verification, method)));
    }

    /// At two things the kit looks once, after a pause: whether a publisher has told an error
    /// (the loop that is to look again ends at the first look), and whether the collector has
    /// had a subscriber. These are tried again with a longer one.
    private void run(Supplier<?> verification, Method test) throws Throwable {
        for (int pause : PAUSES_MILLIS) {
            pauseMillis = pause;
            try {
                runOnce(verification.get(), test);
                return;
            } catch (AssertionError e) {
                if (pause == PAUSES_MILLIS.getLast() || !isOfOneLook(e)) throw e;
            }
        }
    }

    private static boolean isOfOneLook(AssertionError e) {
        String message = String.valueOf(e.getMessage());
        return message.startsWith("Expected onError(")
                || message.contains("did not drop reference");
    }

    private static void runOnce(Object verification, Method test) throws Throwable {
        invokeAll(verification, BeforeClass.class);
        try {
            invokeAll(verification, BeforeMethod.class);
            invoke(verification, test);
        } finally {
            invokeAll(verification, AfterClass.class);
        }
    }

    private static void invokeAll(Object on, Class<? extends Annotation> kind) throws Throwable {
        for (Method method : on.getClass().getMethods()) {
            if (method.isAnnotationPresent(kind)) invoke(on, method);
        }
    }

    private static void invoke(Object on, Method method) throws Throwable {
        try {
            method.invoke(on);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private TestEnvironment environment() {
        return new TestEnvironment(TIMEOUT_MILLIS, SILENCE_MILLIS, pauseMillis);
    }

    public final class PublisherRules extends FlowPublisherVerification<Long> {

        PublisherRules() {
            super(environment(), pauseMillis);
        }

        @Override
        public Flow.Publisher<Long> createFlowPublisher(long elements) {
            return AsyncIterator.toPublisher(() -> Asyncio.generator(y -> {
                for (long i = 0; i < elements; i++) y.yield(i);
            }), loop);
        }

        @Override
        public Flow.Publisher<Long> createFailedFlowPublisher() {
            return AsyncIterator.toPublisher(() -> {
                throw Outcomes.<RuntimeException>rethrow(new IOException("no iterator"));
            }, loop);
        }
    }

    /// The subscriber by which `items`, once asked, will have subscribed.
    private Flow.Subscriber<Integer> subscriberOf(
            CompletableFuture<Flow.Subscriber<Integer>> subscribed, VoidCoroutine consumer) {
        Asyncio.runCoroutineThreadsafe(() -> {
            consumer.run();
            return null;
        }, loop);
        return subscribed.join();
    }

    @SuppressWarnings("unchecked")          // an Integer is all that it is told
    private static PublishedItems<Integer> itemsOf(
            CompletableFuture<Flow.Subscriber<Integer>> subscribed, int prefetch) {
        return AsyncIterator.from(
                subscriber -> subscribed.complete((Flow.Subscriber<Integer>) subscriber), prefetch);
    }

    public final class SubscriberRules extends FlowSubscriberBlackboxVerification<Integer> {

        SubscriberRules() {
            super(environment());
        }

        @Override
        public Flow.Subscriber<Integer> createFlowSubscriber() {
            var subscribed = new CompletableFuture<Flow.Subscriber<Integer>>();
            PublishedItems<Integer> items = itemsOf(subscribed, PublishedItems.PREFETCH);
            return subscriberOf(subscribed, () -> {
                try (items) {
                    while (items.hasNext()) items.next();
                }
            });
        }

        @Override
        public Integer createElement(int element) {
            return element;
        }
    }

    public final class SubscriberInnerRules extends FlowSubscriberWhiteboxVerification<Integer> {

        SubscriberInnerRules() {
            super(environment());
        }

        @Override
        protected Flow.Subscriber<Integer> createFlowSubscriber(
                WhiteboxSubscriberProbe<Integer> probe) {
            var subscribed = new CompletableFuture<Flow.Subscriber<Integer>>();
            PublishedItems<Integer> items = itemsOf(subscribed, 1);
            Semaphore wanted = new Semaphore(0);
            Flow.Subscriber<Integer> inner = subscriberOf(subscribed, () -> {
                while (items.hasNext()) {
                    wanted.acquire();
                    items.next();
                }
            });
            return new Probed(inner, probe, puppet(items, wanted));
        }

        private SubscriberPuppet puppet(PublishedItems<Integer> items, Semaphore wanted) {
            return new SubscriberPuppet() {
                @Override
                public void triggerRequest(long count) {
                    loop.callSoonThreadsafe(() -> LongStream.range(0, count)
                            .forEach(_ -> wanted.release()));
                }

                @Override
                public void signalCancel() {
                    loop.callSoonThreadsafe(items::close);
                }
            };
        }

        @Override
        public Integer createElement(int element) {
            return element;
        }
    }

    /// Passes all signals to a subscriber, and then tells the probe.
    private record Probed(Flow.Subscriber<Integer> inner, WhiteboxSubscriberProbe<Integer> probe,
            SubscriberPuppet puppet) implements Flow.Subscriber<Integer> {

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            inner.onSubscribe(subscription);
            probe.registerOnSubscribe(puppet);
        }

        @Override
        public void onNext(Integer item) {
            inner.onNext(item);
            probe.registerOnNext(item);
        }

        @Override
        public void onError(Throwable error) {
            inner.onError(error);
            probe.registerOnError(error);
        }

        @Override
        public void onComplete() {
            inner.onComplete();
            probe.registerOnComplete();
        }
    }
}
