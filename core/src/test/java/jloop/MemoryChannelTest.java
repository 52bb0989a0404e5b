package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static jloop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MemoryChannelTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    @RegisterExtension final LeakCheck check = new LeakCheck();

    private final EventLoop loop = check.newLoop();
    private final List<Object> trace = new ArrayList<>();

    private void run(VoidCoroutine main) {
        loop.runUntilComplete(main);
    }

    private static void turn() {
        sleep(Duration.ZERO);
    }

    private <T> Task<Void> sending(SendChannel<T> sender, T item) {
        return createTask(() -> {
            sender.send(item);
            trace.add("sent " + item);
        });
    }

    private Task<Void> receiving(ReceiveChannel<?> receiver) {
        return createTask(() -> {
            trace.add(receiver.receive());
        });
    }

    // ---- items

    @Test
    void open_negativeCapacity_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> MemoryChannel.open(-1))
                .withMessageContaining("-1");
    }

    @Test
    void nowait_withABuffer_keepsTheOrderOrWouldBlock() {
        MemoryChannel<@Nullable Integer> channel = MemoryChannel.open(2);
        channel.sender().sendNowait(1);
        channel.sender().sendNowait(null);
        assertThatThrownBy(() -> channel.sender().sendNowait(3))
                .isInstanceOf(WouldBlockException.class);
        assertThat(channel.receiver().receiveNowait()).isEqualTo(1);
        assertThat(channel.receiver().receiveNowait()).isNull();
        assertThatThrownBy(channel.receiver()::receiveNowait)
                .isInstanceOf(WouldBlockException.class);
    }

    @Test
    void sendAndReceive_thatNeedNotWait_letNobodyElseRun() {
        run(() -> {
            MemoryChannel<Integer> channel = MemoryChannel.open(1);
            loop.callSoon(() -> trace.add("other"));
            channel.sender().send(1);
            trace.add(channel.receiver().receive());
            turn();
        });
        assertThat(trace).containsExactly(1, "other");
    }

    @Test
    void send_rendezvous_waitsForItsReceiver() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(0);
            assertThatThrownBy(() -> channel.sender().sendNowait("a"))
                    .isInstanceOf(WouldBlockException.class);
            Task<Void> sends = sending(channel.sender(), "b");
            turn();
            assertThat(sends.done()).isFalse();
            assertThat(channel.receiver().receiveNowait()).isEqualTo("b");
            sends.await();
            Task<Void> receives = receiving(channel.receiver());
            turn();
            channel.sender().sendNowait("c");       // somebody waits for it
            assertThatThrownBy(() -> channel.sender().sendNowait("d"))
                    .isInstanceOf(WouldBlockException.class);
            receives.await();
        });
        assertThat(trace).containsExactly("sent b", "c");
    }

    @Test
    void waiters_several_areFirstComeFirstServed() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(1);
            List<Task<Void>> tasks = new ArrayList<>();
            for (String item : List.of("a", "b", "c")) tasks.add(sending(channel.sender(), item));
            turn();
            for (int i = 0; i < 3; i++) trace.add(channel.receiver().receive());
            turn();
            for (int i = 0; i < 2; i++) tasks.add(receiving(channel.receiver()));
            turn();
            channel.sender().send("d");
            channel.sender().send("e");
            channel.sender().send("f");             // nobody overtakes those who wait
            assertThat(channel.receiver().receive()).isEqualTo("f");
            for (Task<Void> task : tasks) task.await();
        });
        assertThat(trace).containsExactly(
                "sent a", "a", "b", "c", "sent b", "sent c", "d", "e");
    }

    @Test
    void sendAndReceive_outsideOfATask_areRefused() {
        MemoryChannel<Integer> channel = MemoryChannel.open(1);
        assertThatIllegalStateException().isThrownBy(() -> channel.sender().send(1));
        assertThatIllegalStateException().isThrownBy(channel.receiver()::receive);
    }

    // ---- the end

    @Test
    void receive_allSendersClosed_givesWhatIsLeftThenTheEnd() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(2);
            SendChannel<String> copy = channel.sender().copy();
            channel.sender().send("a");
            channel.sender().close();
            channel.sender().close();
            copy.send("b");
            copy.close();
            assertThat(channel.receiver().receive()).isEqualTo("a");
            assertThat(channel.receiver().receiveNowait()).isEqualTo("b");
            assertThatThrownBy(channel.receiver()::receive)
                    .isInstanceOf(EndOfChannelException.class);
            assertThatThrownBy(channel.receiver()::receiveNowait)
                    .isInstanceOf(EndOfChannelException.class);
        });
    }

    @Test
    void close_ofTheLastSender_wakesTheReceivers() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(0);
            SendChannel<String> copy = channel.sender().copy();
            Task<Void> one = receiving(channel.receiver());
            Task<Void> two = receiving(channel.receiver());
            turn();
            channel.sender().close();
            turn();
            assertThat(one.done()).isFalse();
            copy.close();
            assertThatThrownBy(one::await).isInstanceOf(EndOfChannelException.class);
            assertThatThrownBy(two::await).isInstanceOf(EndOfChannelException.class);
        });
    }

    @Test
    void close_ofTheLastReceiver_wakesTheSendersAndDropsTheItems() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(1);
            ReceiveChannel<String> copy = channel.receiver().copy();
            channel.sender().send("a");
            Task<Void> waits = sending(channel.sender(), "b");
            turn();
            channel.receiver().close();
            turn();
            assertThat(waits.done()).isFalse();
            copy.close();
            assertThatThrownBy(waits::await).isInstanceOf(BrokenResourceException.class);
            assertThatThrownBy(() -> channel.sender().send("c"))
                    .isInstanceOf(BrokenResourceException.class);
            assertThatThrownBy(() -> channel.sender().sendNowait("c"))
                    .isInstanceOf(BrokenResourceException.class);
            assertThat(channel.sender().toString()).contains("buffered=0");
        });
    }

    @Test
    void close_ofAnEndInUse_concernsItsWaitersOnly() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(0);
            ReceiveChannel<String> copy = channel.receiver().copy();
            Task<Void> closed = receiving(channel.receiver());
            Task<Void> open = receiving(copy);
            turn();
            channel.receiver().close();
            channel.sender().send("a");
            assertThatThrownBy(closed::await).isInstanceOf(ClosedResourceException.class);
            open.await();

            SendChannel<String> sender = channel.sender().copy();
            Task<Void> stopped = sending(sender, "b");
            Task<Void> goesOn = sending(channel.sender(), "c");
            turn();
            sender.close();
            assertThatThrownBy(stopped::await).isInstanceOf(ClosedResourceException.class);
            assertThat(copy.receive()).isEqualTo("c");
            goesOn.await();
        });
        assertThat(trace).containsExactly("a", "sent c");
    }

    @Test
    void use_afterClose_isRefused() {
        run(() -> {
            MemoryChannel<Integer> channel = MemoryChannel.open(1);
            channel.sender().close();
            channel.receiver().close();
            channel.receiver().close();
            assertThatThrownBy(() -> channel.sender().send(1))
                    .isInstanceOf(ClosedResourceException.class);
            assertThatThrownBy(() -> channel.sender().sendNowait(1))
                    .isInstanceOf(ClosedResourceException.class);
            assertThatThrownBy(channel.sender()::copy)
                    .isInstanceOf(ClosedResourceException.class);
            assertThatThrownBy(channel.receiver()::receive)
                    .isInstanceOf(ClosedResourceException.class);
            assertThatThrownBy(channel.receiver()::receiveNowait)
                    .isInstanceOf(ClosedResourceException.class);
            assertThatThrownBy(channel.receiver()::copy)
                    .isInstanceOf(ClosedResourceException.class);
            assertThat(channel.sender()).hasToString("<SendChannel closed of "
                    + "<MemoryChannel capacity=1 buffered=0 senders=0 receivers=0>>");
        });
    }

    // ---- iteration

    @Test
    void forLoop_overAReceiver_endsAtTheEndOfTheChannel() {
        run(() -> {
            MemoryChannel<Integer> channel = MemoryChannel.open(0);
            createTask(() -> {
                try (SendChannel<Integer> sender = channel.sender()) {
                    for (int i = 0; i < 3; i++) {
                        sleep(SECOND);
                        sender.send(i);
                    }
                }
            });
            for (int item : channel.receiver()) trace.add(item);
            Iterator<Integer> over = channel.receiver().iterator();
            assertThat(over.hasNext()).isFalse();
            assertThatThrownBy(over::next).isInstanceOf(NoSuchElementException.class);
        });
        assertThat(trace).containsExactly(0, 1, 2);
        assertThat(loop.time()).isEqualTo(3 * SECOND.toNanos());
    }

    @Test
    void iterator_isAnAsyncIterator() {
        run(() -> {
            MemoryChannel<Integer> channel = MemoryChannel.open(2);
            channel.sender().send(1);
            channel.sender().send(2);
            AsyncIterator<Integer> items = channel.receiver().iterator();
            assertThat(items.next(RuntimeException.class)).isEqualTo(1);
            channel.sender().close();
            for (int item : items) trace.add(item);
        });
        assertThat(trace).containsExactly(2);
    }

    @Test
    void forLoop_overAReceiverThatIsClosedMeanwhile_fails() {
        run(() -> {
            MemoryChannel<Integer> channel = MemoryChannel.open(0);
            loop.callLater(SECOND, channel.receiver()::close);
            assertThatThrownBy(() -> channel.receiver().iterator().hasNext())
                    .isInstanceOf(ClosedResourceException.class);
        });
    }

    // ---- cancellation

    @Test
    void cancel_ofWaiters_meansThatNothingHappened() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(0);
            assertThatThrownBy(() -> timeout(SECOND, channel.receiver()::receive))
                    .isInstanceOf(TimeoutException.class);
            assertThatThrownBy(() -> timeout(SECOND, () -> channel.sender().send("a")))
                    .isInstanceOf(TimeoutException.class);
            assertThatThrownBy(channel.receiver()::receiveNowait)
                    .isInstanceOf(WouldBlockException.class);
            assertThat(channel.sender()).hasToString("<SendChannel of "
                    + "<MemoryChannel capacity=0 buffered=0 senders=1 receivers=1>>");
        });
    }

    @Test
    void cancel_afterTheItemWasHandedOver_comesAtTheNextWait() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(0);
            Task<Void> receiver = createTask(() -> {
                trace.add(channel.receiver().receive());
                channel.receiver().receive();
                trace.add("never");
            });
            turn();
            channel.sender().sendNowait("a");
            receiver.cancel();
            assertThatThrownBy(receiver::await).isInstanceOf(CancelledError.class);

            Task<Void> sender = createTask(() -> {
                channel.sender().send("b");
                trace.add("sent b");
                channel.sender().send("c");
                trace.add("never");
            });
            turn();
            assertThat(channel.receiver().receiveNowait()).isEqualTo("b");
            sender.cancel();
            assertThatThrownBy(sender::await).isInstanceOf(CancelledError.class);
        });
        assertThat(trace).containsExactly("a", "sent b");
    }

    @Test
    void cancel_ofWaitersBeforeAHandOver_servesTheNext() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(0);
            Task<Void> first = receiving(channel.receiver());
            Task<Void> second = receiving(channel.receiver());
            turn();
            first.cancel();
            channel.sender().sendNowait("a");       // the first has not left yet
            second.await();
            assertThatThrownBy(first::await).isInstanceOf(CancelledError.class);

            Task<Void> third = sending(channel.sender(), "b");
            Task<Void> fourth = sending(channel.sender(), "c");
            turn();
            third.cancel();
            assertThat(channel.receiver().receiveNowait()).isEqualTo("c");
            fourth.await();
            assertThatThrownBy(third::await).isInstanceOf(CancelledError.class);
        });
        assertThat(trace).containsExactly("a", "sent c");
    }

    @Test
    void cancel_beforeASendThatNeedNotWait_comesThere() {
        run(() -> {
            MemoryChannel<String> channel = MemoryChannel.open(1);
            Task<Void> task = createTask(() -> {
                Asyncio.currentTask().cancel();
                channel.sender().send("a");
            });
            assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
            assertThatThrownBy(channel.receiver()::receiveNowait)
                    .isInstanceOf(WouldBlockException.class);
        });
    }

    // ---- the loop it belongs to

    @Test
    void channel_afterAWait_belongsToThatLoop() {
        MemoryChannel<Integer> channel = MemoryChannel.open(1);
        run(() -> {
            loop.callSoon(() -> channel.sender().sendNowait(1));
            channel.receiver().receive();
        });
        check.newLoop().runUntilComplete(() ->
                assertThatIllegalStateException().isThrownBy(channel.receiver()::receive)
                        .withMessageContaining("bound to a different event loop"));
    }
}
