package jloop.kernel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jloop.poller.Clock;
import jloop.poller.Descriptor;
import jloop.poller.Family;
import jloop.poller.Operation;
import jloop.poller.Operation.Kind;
import jloop.poller.Poller;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Time on a virtual poller, and the order of what it completes.
class VirtualPollerTest implements PollerContract {

    // Waits for nobody: where it would wait for other threads, it throws at once.
    final VirtualPoller poller = new VirtualPoller(Duration.ZERO, 16);
    final VirtualPair pair = new VirtualPair(poller);
    final List<String> trace = new ArrayList<>();

    private VirtualPoller newest = poller;

    @Override
    public Poller newPoller() {
        newest = new VirtualPoller();
        return newest;
    }

    @Override
    public Clock clock() {
        return newest;
    }

    /// Paths are names here, not files; the contract deletes the file that others leave behind.
    @Override
    @Test
    public void unixSockets_ifThereAre_carryBytes(@TempDir Path folder) throws Exception {
        Files.createFile(folder.resolve("socket"));
        PollerContract.super.unixSockets_ifThereAre_carryBytes(folder);
    }

    @AfterEach
    void close() {
        poller.close();
    }

    TracedOperation operation(String name, Kind kind, Descriptor descriptor) {
        return new TracedOperation(name, trace, kind, descriptor).with(new byte[16]);
    }

    // ---- time (I4) -----------------------------------------------------------------------------

    @Test
    void poll_withNothingDue_movesTimeByTheTimeout() {
        poller.poll(1);
        poller.poll(5_000_000_000L);

        assertThat(poller.nanos()).isEqualTo(5_000_000_001L);
    }

    @Test
    void poll_withoutTimeout_leavesTimeAlone() {
        poller.poll(0);
        poller.poll(-1);

        assertThat(poller.nanos()).isZero();
    }

    @Test
    void poll_withAnOperationDue_completesItAndLeavesTimeAlone() {
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));
        pair.client.sendNow(new byte[3], 0, 3);

        poller.poll(1000);

        assertThat(trace).containsExactly("receive=3");
        assertThat(poller.nanos()).isZero();
    }

    @Test
    void poll_withAnOperationUnderWayOnly_movesTime() {
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));

        poller.poll(1000);

        assertThat(trace).isEmpty();
        assertThat(poller.nanos()).isEqualTo(1000);
    }

    @Test
    void poll_ofAClosedPoller_isRefused() {
        poller.close();

        assertThatThrownBy(() -> poller.poll(0)).isInstanceOf(IllegalStateException.class);
    }

    // ---- other threads (I4) --------------------------------------------------------------------

    @Test
    void wake_beforePoll_endsThatPollOnly() {
        poller.wake();
        poller.wake();

        poller.poll(1000);
        assertThat(poller.nanos()).isZero();
        poller.poll(1000);
        assertThat(poller.nanos()).isEqualTo(1000);
    }

    @Test
    void wake_beforeAPollThatCompletes_isSeenByThatPoll() {
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));
        pair.client.sendNow(new byte[3], 0, 3);
        poller.wake();

        poller.poll(1000);
        poller.poll(1000);

        assertThat(poller.nanos()).isEqualTo(1000);
    }

    @Test
    void poll_forEverWithNothingToCome_throws() {
        assertThatThrownBy(() -> poller.poll(Poller.FOREVER))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("asleep for ever: no timer, no I/O, no wake-up");
    }

    @Test
    void poll_forEver_isEndedByAnotherThread() throws InterruptedException {
        var patient = new VirtualPoller();
        Thread other = Thread.ofPlatform().start(patient::wake);

        patient.poll(Poller.FOREVER);

        assertThat(patient.nanos()).isZero();
        other.join();
    }

    @Test
    void hold_keepsTimeUntilRelease() throws InterruptedException {
        var patient = new VirtualPoller();
        patient.hold();
        Thread other = Thread.ofPlatform().start(patient::release);

        patient.poll(1000);         // ends when it is released
        other.join();
        assertThat(patient.nanos()).isZero();
        patient.poll(0);
        patient.poll(1000);
        assertThat(patient.nanos()).isEqualTo(1000);
    }

    @Test
    void hold_twice_needsTwoReleases() {
        poller.hold();
        poller.hold();
        poller.release();
        poller.poll(0);     // sees the wake of release

        assertThatThrownBy(() -> poller.poll(1000))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("asleep for ever: time is held, but nobody wakes the loop");

        poller.release();
        poller.poll(0);
        poller.poll(1000);
        assertThat(poller.nanos()).isEqualTo(1000);
    }

    @Test
    void hold_withAnOperationDue_completesIt() {
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));
        pair.client.sendNow(new byte[3], 0, 3);
        poller.hold();

        poller.poll(1000);

        assertThat(trace).containsExactly("receive=3");
    }

    @Test
    void release_withoutHold_isRefused() {
        assertThatThrownBy(poller::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("release without hold");
    }

    @Test
    void poll_onAnInterruptedThread_sleepsAndKeepsTheFlag() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> poller.poll(Poller.FOREVER))
                .isInstanceOf(IllegalStateException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    // ---- order (I1, I3) ------------------------------------------------------------------------

    @Test
    void poll_completesInTheOrderOfBecomingDue() {
        var second = new VirtualPair(poller);
        poller.submit(operation("first", Kind.RECEIVE, pair.server));
        poller.submit(operation("second", Kind.RECEIVE, second.server));
        second.client.sendNow(new byte[1], 0, 1);
        pair.client.sendNow(new byte[1], 0, 1);
        second.client.sendNow(new byte[1], 0, 1);

        poller.poll(0);

        assertThat(trace).containsExactly("second=2", "first=1");
    }

    @Test
    void submit_completesNoOtherOperation() {
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));

        boolean over = poller.submit(operation("send", Kind.SEND, pair.client));

        assertThat(over).isTrue();
        assertThat(trace).isEmpty();
    }

    @Test
    void poll_leavesWhatBecomesDueMeanwhileToTheNext() {
        fill(pair.client);
        poller.submit(operation("send", Kind.SEND, pair.client));
        pair.server.receiveNow(new byte[16], 0, 16);
        // Due is now the send; that makes this one due.
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));

        poller.poll(1000);
        assertThat(trace).containsExactly("send=16");
        poller.poll(1000);
        assertThat(trace).containsExactly("send=16", "receive=16");
        assertThat(poller.nanos()).isZero();
    }

    @Test
    void cancel_ofAnOperationThatIsDue_callsItOffWithoutLoss() {
        var receive = operation("receive", Kind.RECEIVE, pair.server);
        poller.submit(receive);
        pair.client.sendNow("hello".getBytes(US_ASCII), 0, 5);

        assertThat(poller.cancel(receive)).isTrue();

        poller.poll(0);
        assertThat(trace).isEmpty();
        assertThat(pair.server.receiveNow(new byte[16], 0, 16)).isEqualTo(5);
    }

    @Test
    void completed_maySubmitAgainAndCloseOthers() {
        var other = new VirtualPair(poller);
        var echo = new Operation(pair.server) {
            @Override
            public void completed() {
                trace.add("echo=" + result);
                other.server.close();
                if (trace.size() < 10) poller.submit(this);
            }
        };
        echo.kind = Kind.RECEIVE;
        echo.array = new byte[1];
        echo.length = 1;
        poller.submit(echo);
        poller.submit(operation("other", Kind.RECEIVE, other.server));
        pair.client.sendNow(new byte[1], 0, 1);
        other.client.sendNow(new byte[1], 0, 1);

        poller.poll(0);
        poller.poll(0);

        assertThat(trace).containsExactly("echo=1", "other=" + -Errno.EBADF);
    }

    // ---- numbers (I5) --------------------------------------------------------------------------

    @Test
    void open_takesTheLowestFreeNumber() {
        var fresh = new VirtualPoller();
        Descriptor three = fresh.open(Family.INET);
        Descriptor four = fresh.open(Family.INET);
        fresh.open(Family.INET);

        four.close();
        three.close();

        assertThat(fresh.open(Family.UNIX).number()).isEqualTo(3);
        assertThat(fresh.open(Family.UNIX).number()).isEqualTo(4);
        assertThat(fresh.open(Family.UNIX).number()).isEqualTo(6);
        assertThat(three.number()).isEqualTo(-1);
    }

    @Test
    void open_beyondTheLimit_isRefused() {
        poller.limitDescriptors(3);     // those of the pair and its listener

        Descriptor refused = poller.open(Family.INET);
        assertThat(refused.error()).isEqualTo(-Errno.EMFILE);
        assertThat(refused.isOpen()).isFalse();

        pair.client.close();
        assertThat(poller.open(Family.INET).error()).isZero();
    }

    @Test
    void accept_beyondTheLimit_leavesTheConnectionInTheBacklog() {
        Descriptor late = poller.open(Family.INET);
        poller.submit(operation("connect", Kind.CONNECT, late).to(pair.address));
        poller.limitDescriptors(4);
        var accept = operation("accept", Kind.ACCEPT, pair.listener);

        assertThat(poller.submit(accept)).isTrue();
        assertThat(accept.result).isEqualTo(-Errno.EMFILE);

        poller.limitDescriptors(5);
        assertThat(poller.submit(accept)).isTrue();
        assertThat(accept.result).isZero();
    }

    @Test
    void open_afterClose_isRefused() {
        poller.close();

        assertThat(poller.open(Family.INET).error()).isEqualTo(-Errno.EBADF);
    }

    @Test
    void close_closesAllSocketsAndTellsTheOwners() {
        poller.submit(operation("receive", Kind.RECEIVE, pair.server));
        poller.submit(operation("accept", Kind.ACCEPT, pair.listener));

        poller.close();

        assertThat(trace).containsExactly("accept=" + -Errno.EBADF, "receive=" + -Errno.EBADF);
        assertThat(pair.client.isOpen()).isFalse();
    }

    private static void fill(Descriptor sender) {
        while (sender.sendNow(new byte[16], 0, 16) > 0) { }
    }
}
