package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.generator;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class FlowTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofSeconds(100);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();
    private final Source source = new Source();

    /// A publisher with one subscriber, played by the test.
    private static class Source implements Flow.Publisher<Integer>, Flow.Subscription {

        final List<Long> requests = new ArrayList<>();
        Flow.Subscriber<? super Integer> subscriber;
        int cancels;

        @Override
        public void subscribe(Flow.Subscriber<? super Integer> given) {
            subscriber = given;
            given.onSubscribe(this);
        }

        @Override
        public void request(long count) {
            requests.add(count);
        }

        @Override
        public void cancel() {
            cancels++;
        }

        void send(int... items) {
            for (int item : items) subscriber.onNext(item);
        }
    }

    /// A subscriber that notes its signals; `onStart` and `onItem` play its part.
    private final class Sink implements Flow.Subscriber<Integer> {

        Consumer<Flow.Subscription> onStart = _ -> { };
        Consumer<Integer> onItem = _ -> { };
        Flow.Subscription subscription;

        @Override
        public void onSubscribe(Flow.Subscription made) {
            subscription = made;
            trace.add("subscribed");
            onStart.accept(made);
        }

        @Override
        public void onNext(Integer item) {
            trace.add(item);
            onItem.accept(item);
        }

        @Override
        public void onError(Throwable error) {
            trace.add(error);
        }

        @Override
        public void onComplete() {
            trace.add("complete");
        }
    }

    // ---- From a publisher: items and demand

    @Test
    void from_aPublisher_givesItsItemsInOrder() {
        run(() -> {
            loop.callLater(SECOND, () -> source.send(1, 2));
            loop.callLater(SECOND.multipliedBy(2), () -> {
                source.send(3);
                source.subscriber.onComplete();
            });
            for (int item : AsyncIterator.from(source)) trace.add(item);
            trace.add(loop.time());
        });

        assertThat(trace).containsExactly(1, 2, 3, 2 * SECOND.toNanos());
        assertThat(source.cancels).isZero();
    }

    @Test
    void from_aPublisher_subscribesWhenFirstAsked() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source);
            sleep(SECOND);
            assertThat(source.subscriber).isNull();
            assertThat(items.toString()).isEqualTo("<PublishedItems new received=0>");

            loop.callLater(SECOND, () -> source.send(1));
            assertThat(items.hasNext()).isTrue();
            assertThat(items.hasNext()).isTrue();
            assertThat(items.toString()).isEqualTo("<PublishedItems requested=31 received=1>");
            assertThat(items.next()).isEqualTo(1);
            items.close();
        });
    }

    @Test
    void next_withAPrefetch_requestsMoreWhenHalfIsTaken() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source, 4);
            loop.callLater(SECOND, () -> source.send(0, 1, 2, 3));
            for (int i = 0; i < 3; i++) {
                assertThat(items.next()).isEqualTo(i);
                assertThat(source.requests).as("after item %s", i)
                        .isEqualTo(i < 2 ? List.of(4L) : List.of(4L, 2L));
            }
            items.close();
        });
    }

    @Test
    void next_withAPrefetchOfOne_requestsEachItemWhenAsked() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source, 1);
            for (int i = 1; i <= 3; i++) {
                loop.callLater(SECOND, () -> source.send(7));
                items.next();
                sleep(SECOND);
                assertThat(source.requests).hasSize(i).containsOnly(1L);
            }
            items.close();
        });
    }

    @Test
    void from_withAPrefetchBelowOne_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> AsyncIterator.from(source, 0))
                .withMessageContaining("at least 1, not 0");
    }

    @Test
    void next_ofAPublisherThatSendsInsideOfRequest_givesItsItems() {
        Source eager = new Source() {
            private int next;

            @Override
            public void request(long count) {
                for (long i = 0; i < count && next < 10; i++) send(next++);
                if (next == 10) subscriber.onComplete();
            }
        };
        run(() -> {
            for (int item : AsyncIterator.from(eager, 3)) trace.add(item);
        });

        assertThat(trace).isEqualTo(numbers(10));
    }

    @Test
    void next_whileARequestWaits_makesNoOther() {
        List<Object> calls = new ArrayList<>();
        Source slow = new Source() {
            @Override
            public void request(long count) {
                calls.add("request");
                sleep(SECOND);
                calls.add("requested");
                send(1);
            }
        };
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(slow, 1);
            Task<Integer> first = createTask(() -> items.next());
            Task<Integer> second = createTask(() -> items.next());
            first.await();
            second.await();
            items.close();
        });

        assertThat(calls).containsExactly("request", "requested", "request", "requested");
    }

    @Test
    void next_ofAPublisherThatSendsTooMuch_failsAfterWhatWasRequested() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source, 2);
            loop.callLater(SECOND, () -> source.send(1, 2, 3, 4));
            assertThat(items.next()).isEqualTo(1);
            assertThat(items.next()).isEqualTo(2);
            assertThatIllegalStateException().isThrownBy(items::next)
                    .withMessageContaining("more items than were requested");
            assertThat(source.cancels).isEqualTo(1);
        });
    }

    @Test
    void next_ofTwoTasks_givesEachItemOnce() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source);
            VoidCoroutine consumer = () -> {
                for (int i = 0; i < 2; i++) trace.add(items.next());
            };
            Task<Void> first = createTask(consumer);
            Task<Void> second = createTask(consumer);
            for (int i = 0; i < 4; i++) {
                sleep(SECOND);
                source.send(i);
            }
            first.await();
            second.await();
            items.close();
        });

        assertThat(trace).isEqualTo(numbers(4));
    }

    // ---- From a publisher: ends

    @Test
    void next_afterTheEnd_isRefused() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source);
            loop.callLater(SECOND, () -> source.subscriber.onComplete());
            assertThat(items.hasNext()).isFalse();
            assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(items::next);
            items.close();
        });
        assertThat(source.cancels).isZero();
    }

    @Test
    void next_afterAnError_throwsThatVeryOne() {
        IOException failure = new IOException("broken");
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source);
            loop.callLater(SECOND, () -> {
                source.send(1);
                source.subscriber.onError(failure);
                source.send(2);
            });
            assertThat(items.next()).isEqualTo(1);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> items.next(IOException.class)).isSameAs(failure);
                assertThatThrownBy(items::hasNext).isSameAs(failure);
            }
            items.close();
            assertThat(items.hasNext()).isFalse();
        });
        assertThat(source.cancels).isZero();
    }

    @Test
    void next_ofAPublisherThatRefuses_throwsWhatItThrows() {
        IllegalArgumentException refusal = new IllegalArgumentException("no");
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(_ -> {
                throw refusal;
            });
            for (int i = 0; i < 2; i++) assertThatThrownBy(items::next).isSameAs(refusal);
        });
    }

    @Test
    void close_endsTheSubscriptionAndWhoWaits() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source);
            Task<Boolean> hasNext = createTask(() -> items.hasNext());
            Task<Integer> next = createTask(() -> items.next());
            sleep(SECOND);

            items.close();
            items.close();

            assertThat(source.cancels).isEqualTo(1);
            assertThat(hasNext.await()).isFalse();
            assertThatThrownBy(next::await).isInstanceOf(NoSuchElementException.class);
            source.send(1);
            sleep(SECOND);
            assertThat(items.hasNext()).isFalse();
            assertThat(items.toString()).isEqualTo("<PublishedItems over received=0>");
        });
    }

    @Test
    void close_withItemsThatNobodyTook_dropsThem() {
        run(() -> {
            try (PublishedItems<Integer> items = AsyncIterator.from(source)) {
                loop.callLater(SECOND, () -> source.send(1, 2, 3));
                for (int item : items) {
                    trace.add(item);
                    break;
                }
                items.close();
                assertThat(items.hasNext()).isFalse();
            }
        });
        assertThat(trace).containsExactly(1);
        assertThat(source.cancels).isEqualTo(1);
    }

    @Test
    void close_beforeItWasAsked_neverSubscribes() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source);
            items.close();
            assertThat(items.hasNext()).isFalse();
        });
        assertThat(source.subscriber).isNull();
    }

    @Test
    void close_beforeTheSubscriptionIsThere_cancelsItWhenItComes() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(given -> source.subscriber = given);
            Task<Boolean> waiting = createTask(() -> items.hasNext());
            sleep(SECOND);
            items.close();
            assertThat(waiting.await()).isFalse();

            source.subscriber.onSubscribe(source);
            sleep(SECOND);
        });
        assertThat(source.cancels).isEqualTo(1);
        assertThat(source.requests).isEmpty();
    }

    @Test
    void onNext_afterTheLoopWasClosed_cancels() {
        EventLoop closed = check.newLoop();
        PublishedItems<Integer> items = AsyncIterator.from(source);
        closed.runUntilComplete(() -> {
            Asyncio.moveOnAfter(SECOND, () -> items.next());
        });
        closed.close();
        assertThat(source.cancels).isZero();

        source.send(1);
        assertThat(source.cancels).isEqualTo(1);
        source.subscriber.onError(new IOException());
        source.subscriber.onComplete();
    }

    // ---- From a publisher: cancellation

    @Test
    void cancel_ofWhoWaits_losesNoItem() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source);
            Task<Integer> waiting = createTask(() -> items.next());
            sleep(SECOND);
            waiting.cancel();
            source.send(1);
            assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
            assertThat(items.next()).isEqualTo(1);
            items.close();
        });
    }

    @Test
    void cancel_ofWhoWasWoken_handsTheItemOn() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source);
            Task<Integer> first = createTask(() -> items.next());
            Task<Integer> second = createTask(() -> items.next());
            sleep(SECOND);
            source.send(1);
            // Made after the item has woken the first, and before that goes on.
            loop.arrive(new Handle((Runnable) first::cancel));
            assertThat(second.await()).isEqualTo(1);
            assertThatThrownBy(first::await).isInstanceOf(CancelledError.class);
            items.close();
        });
    }

    @Test
    void next_inACancelledScope_takesNothing() {
        run(() -> {
            PublishedItems<Integer> items = AsyncIterator.from(source);
            loop.callLater(SECOND, () -> source.send(1, 2));
            items.next();
            CancelScope.open(scope -> {
                scope.cancel();
                trace.add(items.next());
            });
            assertThat(trace).isEmpty();
            assertThat(items.next()).isEqualTo(2);
            items.close();
        });
    }

    // ---- From a publisher: threads

    @Test
    void next_ofAPublisherWithThreads_givesItsItemsInOrder() {
        EventLoop real = check.newRealLoop();
        try (SubmissionPublisher<Integer> publisher = new SubmissionPublisher<>()) {
            real.runUntilComplete(() -> {
                PublishedItems<Integer> items = AsyncIterator.from(publisher, 8);
                Task<Void> consumer = createTask(() -> {
                    for (int item : items) trace.add(item);
                });
                sleep(Duration.ZERO);
                Future<Void> sent = real.runInExecutor(null, () -> {
                    for (int i = 0; i < 5_000; i++) publisher.submit(i);
                    publisher.close();
                    return null;
                });
                consumer.await();
                sent.await();
                real.shutdownDefaultExecutor(null);
            });
        }
        assertThat(trace).isEqualTo(numbers(5_000));
    }

    @Test
    void next_outsideOfACoroutine_isRefused() {
        PublishedItems<Integer> items = AsyncIterator.from(source);
        assertThatIllegalStateException().isThrownBy(items::next);
        run(() -> {
            loop.callSoon(() -> assertThatIllegalStateException().isThrownBy(items::hasNext));
            sleep(SECOND);
        });
        assertThat(source.subscriber).isNull();
    }

    @Test
    void next_onAnotherLoop_isRefused() {
        PublishedItems<Integer> items = AsyncIterator.from(source);
        run(() -> assertThat(Asyncio.moveOnAfter(SECOND, () -> items.next())).isFalse());
        EventLoop other = check.newLoop();

        assertThatIllegalStateException()
                .isThrownBy(() -> other.runUntilComplete(() -> items.next()))
                .withMessageContaining("different event loop");
    }

    // ---- To a publisher: items and demand

    @Test
    void toPublisher_ofAGenerator_givesItsItemsAndTheEnd() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(100);
        publisherOf(3).subscribe(sink);
        assertThat(trace).isEmpty();

        settle();

        assertThat(trace).containsExactly("subscribed", 0, 1, 2, "closed", "complete");
    }

    @Test
    void toPublisher_withoutDemand_doesNotAskTheIterator() {
        Sink sink = new Sink();
        publisherOf(3).subscribe(sink);
        settle();
        assertThat(trace).containsExactly("subscribed");

        sink.subscription.request(2);
        settle();
        assertThat(trace).containsExactly("subscribed", 0, 1);

        sink.subscription.request(1);
        settle();
        assertThat(trace).containsExactly("subscribed", 0, 1, 2);

        sink.subscription.request(1);
        settle();
        assertThat(trace).containsExactly("subscribed", 0, 1, 2, "closed", "complete");
    }

    @Test
    void toPublisher_ofTwoSubscribers_givesEachAllItems() {
        Flow.Publisher<Integer> publisher = publisherOf(2);
        for (int i = 0; i < 2; i++) {
            Sink sink = new Sink();
            sink.onStart = subscription -> subscription.request(Long.MAX_VALUE);
            publisher.subscribe(sink);
            settle();
        }
        List<Object> once = List.of("subscribed", 0, 1, "closed", "complete");
        assertThat(trace.subList(0, 5)).isEqualTo(once);
        assertThat(trace.subList(5, 10)).isEqualTo(once);
    }

    @Test
    void request_inOnNext_isNotRecursive() {
        int count = 20_000;
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(1);
        sink.onItem = _ -> sink.subscription.request(1);
        publisherOf(count).subscribe(sink);
        settle();

        assertThat(trace).hasSize(count + 3).endsWith(count - 1, "closed", "complete");
    }

    @Test
    void toPublisher_ofAPlainIterator_needsNoGenerator() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(10);
        AsyncIterator.toPublisher(() -> List.of(7, 8).iterator(), loop).subscribe(sink);
        settle();
        assertThat(trace).containsExactly("subscribed", 7, 8, "complete");
    }

    @Test
    void toPublisher_withEndlessDemand_letsOthersRun() {
        run(() -> {
            Sink sink = new Sink();
            sink.onStart = subscription -> subscription.request(Long.MAX_VALUE);
            AsyncIterator.<Integer>toPublisher(() -> generator(y -> {
                for (int i = 0; ; i++) y.yield(i);
            }), loop).subscribe(sink);
            for (int i = 0; i < 10; i++) sleep(Duration.ZERO);
            sink.subscription.cancel();
            int seen = trace.size();
            assertThat(seen).isBetween(100, 10_000);
            sleep(SECOND);
            assertThat(trace).hasSize(seen);
        });
    }

    // ---- To a publisher: ends

    @Test
    void toPublisher_ofAnIteratorThatFails_tellsThatVeryFailure() {
        IOException failure = new IOException("broken");
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(10);
        AsyncIterator.toPublisher(() -> generator((AsyncGenerator.Yielder<Integer> y) -> {
            y.yield(1);
            throw failure;
        }), loop).subscribe(sink);
        settle();
        assertThat(trace).containsExactly("subscribed", 1, failure);
    }

    @Test
    void toPublisher_ofAFactoryThatFails_tellsThatVeryFailure() {
        IllegalArgumentException failure = new IllegalArgumentException("none");
        AsyncIterator.<Integer>toPublisher(() -> {
            throw failure;
        }, loop).subscribe(new Sink());
        settle();
        assertThat(trace).containsExactly("subscribed", failure);
    }

    @Test
    void toPublisher_ofANullItem_isAnError() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(10);
        AsyncIterator.toPublisher(() -> Arrays.asList(1, null, 3).iterator(), loop).subscribe(sink);
        settle();
        assertThat(trace).hasSize(3).startsWith("subscribed", 1);
        assertThat(trace.getLast()).isInstanceOf(NullPointerException.class)
                .asString().contains("item of the iterator is null");
    }

    @Test
    void request_ofLessThanOne_isAnErrorAfterTheIteratorWasClosed() {
        for (long wrong : new long[] {0, -1, Long.MIN_VALUE}) {
            trace.clear();
            Sink sink = new Sink();
            sink.onStart = subscription -> subscription.request(1);
            sink.onItem = _ -> sink.subscription.request(wrong);
            publisherOf(3).subscribe(sink);
            settle();
            sink.subscription.request(1);
            settle();
            assertThat(trace).hasSize(4).startsWith("subscribed", 0, "closed");
            assertThat(trace.getLast()).isInstanceOf(IllegalArgumentException.class)
                    .asString().contains("not " + wrong).contains("3.9");
        }
    }

    @Test
    void request_ofLessThanOneWhileTheIteratorWaits_endsTheWait() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(1);
        ticking().subscribe(sink);
        loop.callLater(SECOND.dividedBy(2), () -> sink.subscription.request(0));
        settle();
        assertThat(trace).hasSize(4).startsWith("subscribed", "cancelled", "cleaned up");
        assertThat(trace.getLast()).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void toPublisher_ofAnIteratorWhoseCloseFails_tellsThat() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(10);
        AsyncIterator.toPublisher(() -> new Unclosable(), loop).subscribe(sink);
        settle();
        assertThat(trace).hasSize(3).startsWith("subscribed", 1);
        assertThat(trace.getLast()).isInstanceOf(IOException.class);
    }

    private static final class Unclosable implements Iterator<Integer>, AutoCloseable {

        private final Iterator<Integer> items = List.of(1).iterator();

        @Override
        public boolean hasNext() {
            return items.hasNext();
        }

        @Override
        public Integer next() {
            return items.next();
        }

        @Override
        public void close() throws IOException {
            throw new IOException("close");
        }
    }

    // ---- To a publisher: cancellation

    @Test
    void cancel_withoutDemand_closesTheIterator() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(1);
        publisherOf(3).subscribe(sink);
        settle();
        sink.subscription.cancel();
        sink.subscription.cancel();
        sink.subscription.request(1);
        sink.subscription.request(0);
        settle();
        assertThat(trace).containsExactly("subscribed", 0, "closed");
        assertThat(sink.subscription.toString()).isEqualTo("<Subscription over>");
    }

    @Test
    void cancel_whileTheIteratorWaits_cancelsThatAndItsCleanupMayWait() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(10);
        ticking().subscribe(sink);
        loop.callLater(Duration.ofMillis(1_500), () -> sink.subscription.cancel());
        settle();
        assertThat(trace).containsExactly("subscribed", 0, "cancelled", "cleaned up");
    }

    @Test
    void cancel_inOnNext_endsAtOnceAndTheCleanupMayWait() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(10);
        sink.onItem = _ -> sink.subscription.cancel();
        ticking().subscribe(sink);
        settle();
        assertThat(trace).containsExactly("subscribed", 0, "cleaned up");
    }

    @Test
    void cancel_inOnSubscribe_makesNoIterator() {
        Sink sink = new Sink();
        sink.onStart = Flow.Subscription::cancel;
        AsyncIterator.<Integer>toPublisher(() -> {
            throw new AssertionError("an iterator was made");
        }, loop).subscribe(sink);
        settle();
        assertThat(trace).containsExactly("subscribed");
        assertThat(check.takeReports()).isEmpty();
    }

    @Test
    void cancel_ofAnIteratorWhoseCloseFails_isReported() {
        Sink sink = new Sink();
        AsyncIterator.toPublisher(() -> new Unclosable(), loop).subscribe(sink);
        settle();
        sink.subscription.cancel();
        settle();
        assertThat(trace).containsExactly("subscribed");
        assertThat(check.takeReport().exception()).isInstanceOf(IOException.class);
    }

    @Test
    void cancel_ofTheTask_closesTheIteratorAndIsToldAsAnError() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(10);
        ticking().subscribe(sink);
        run(() -> sleep(Duration.ofMillis(1_500)));
        for (Task<?> task : Asyncio.allTasks(loop)) task.cancel("shutdown");
        settle();
        assertThat(trace).hasSize(5).startsWith("subscribed", 0, "cancelled", "cleaned up");
        assertThat(trace.getLast()).isInstanceOf(CancelledError.class);
    }

    @Test
    void cancel_ofTheTaskBeforeItBegins_isToldAsAnError() {
        run(() -> {
            Task<?> caller = Asyncio.currentTask();
            ticking().subscribe(new Sink());
            loop.callSoonThreadsafe(() -> {
                for (Task<?> task : Asyncio.allTasks(loop)) {
                    if (task != caller) task.cancel();
                }
            });
            sleep(SECOND);
        });
        assertThat(trace).hasSize(2).startsWith("subscribed");
        assertThat(trace.getLast()).isInstanceOf(CancelledError.class);
    }

    // ---- To a publisher: subscribers that break the rules, loops that are closed

    @Test
    void subscriber_null_isRefused() {
        assertThatNullPointerException().isThrownBy(() -> publisherOf(1).subscribe(null));
    }

    @Test
    void subscriber_thatThrows_losesItsSubscriptionAndIsReported() {
        IllegalStateException thrown = new IllegalStateException("rules");
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(10);
        sink.onItem = _ -> {
            throw thrown;
        };
        publisherOf(3).subscribe(sink);
        settle();
        assertThat(trace).containsExactly("subscribed", 0, "closed");
        ExceptionContext report = check.takeReport();
        assertThat(report.exception()).isSameAs(thrown);
        assertThat(report.message()).contains("onNext");
        assertThat(report.source()).isSameAs(sink);
    }

    @Test
    void subscriber_thatThrowsInOnSubscribe_getsNoIterator() {
        Sink sink = new Sink();
        sink.onStart = _ -> {
            throw new IllegalStateException("rules");
        };
        publisherOf(3).subscribe(sink);
        settle();
        assertThat(trace).containsExactly("subscribed");
        assertThat(check.takeReport().message()).contains("onSubscribe");
    }

    @Test
    void subscriber_thatWaits_holdsUpItsOwnItemsAlone() {
        Sink sink = new Sink();
        sink.onStart = subscription -> subscription.request(10);
        sink.onItem = _ -> {
            sleep(SECOND);
            trace.add("at " + loop.time() / SECOND.toNanos());
        };
        publisherOf(2).subscribe(sink);
        settle();
        assertThat(trace).containsExactly(
                "subscribed", 0, "at 1", 1, "at 2", "closed", "complete");
    }

    @Test
    void subscribe_afterTheLoopWasClosed_isToldAsAnError() {
        EventLoop closed = check.newLoop();
        closed.close();
        AsyncIterator.toPublisher(() -> List.of(1).iterator(), closed).subscribe(new Sink());
        assertThat(trace).hasSize(2).startsWith("subscribed");
        assertThat(trace.getLast()).isInstanceOf(IllegalStateException.class);
    }

    // ---- Both

    @Test
    void from_aPublisherOfAnotherLoop_givesItsItemsInOrder() throws Exception {
        EventLoop near = check.newRealLoop();
        EventLoop far = check.newRealLoop();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        CountDownLatch running = new CountDownLatch(1);
        far.callSoon(running::countDown);
        Thread thread = Thread.ofPlatform().name("far").start(far::runForever);
        running.await();
        Flow.Publisher<Integer> publisher = AsyncIterator.toPublisher(() -> generator(y -> {
            try {
                for (int i = 0; ; i++) y.yield(i);
            } finally {
                closed.complete(null);
            }
        }), far);

        near.runUntilComplete(() -> {
            try (PublishedItems<Integer> items = AsyncIterator.from(publisher, 5)) {
                for (int item : items) {
                    trace.add(item);
                    if (item == 1_999) break;
                }
            }
        });
        closed.join();
        Asyncio.runCoroutineThreadsafe(() -> {
            while (Asyncio.allTasks().size() > 1) sleep(Duration.ZERO);
            return null;
        }, far).get();
        far.callSoonThreadsafe(far::stop);
        thread.join();

        assertThat(trace).isEqualTo(numbers(2_000));
    }

    /// Counts to `count`, and notes when it is closed.
    private Flow.Publisher<Integer> publisherOf(int count) {
        return AsyncIterator.toPublisher(() -> generator(y -> {
            try {
                for (int i = 0; i < count; i++) y.yield(i);
            } finally {
                trace.add("closed");
            }
        }), loop);
    }

    /// A number each second; its cleanup takes a second, too.
    private Flow.Publisher<Integer> ticking() {
        return AsyncIterator.toPublisher(() -> generator(y -> {
            try {
                for (int i = 0; ; i++) {
                    sleep(SECOND);
                    y.yield(i);
                }
            } catch (CancelledError e) {
                trace.add("cancelled");
                throw e;
            } finally {
                sleep(SECOND);
                trace.add("cleaned up");
            }
        }), loop);
    }

    private static List<Object> numbers(int count) {
        return new ArrayList<>(IntStream.range(0, count).boxed().toList());
    }

    /// Lets everything happen that does so within a long time.
    private void settle() {
        run(() -> sleep(LONG));
    }

    private void run(VoidCoroutine body) {
        loop.runUntilComplete(body);
    }
}
