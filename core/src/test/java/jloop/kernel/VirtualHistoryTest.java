package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import jloop.poller.Descriptor;
import jloop.poller.Descriptor.Option;
import jloop.poller.Operation;
import jloop.poller.Operation.Kind;
import org.junit.jupiter.api.Test;

/// Virtual sockets under many random histories: nothing is forgotten, lost or out of order.
class VirtualHistoryTest {

    /// Whatever was done in whatever order: once poll has nothing more to complete, what is
    /// under way could not go on.
    @Test
    void underWay_afterAnyHistory_meansThatItMustWait() {
        for (int seed = 0; seed < 300; seed++) new History(seed).run();
    }

    private static final class History {

        private final Random random;
        private final VirtualPoller poller = new VirtualPoller(Duration.ZERO, 7);
        private final Map<Descriptor, Integer> sent = new HashMap<>();
        private final Map<Descriptor, Integer> received = new HashMap<>();
        private final Map<Descriptor, Descriptor> peers = new HashMap<>();
        private final List<Descriptor> sockets = new ArrayList<>();
        private final List<Step> underWay = new ArrayList<>();

        History(int seed) {
            random = new Random(seed);
            for (int i = 0; i < 3; i++) {
                var pair = new VirtualPair(poller);
                peers.put(pair.client, pair.server);
                peers.put(pair.server, pair.client);
                sockets.addAll(List.of(pair.client, pair.server));
            }
        }

        private final class Step extends Operation {

            Step(Kind kind, Descriptor descriptor) {
                super(descriptor);
                this.kind = kind;
                array = new byte[1 + random.nextInt(10)];
                length = array.length;
                // Byte n of a stream is n.
                int from = sent.getOrDefault(descriptor, 0);
                if (kind == Kind.SEND)
                    for (int i = 0; i < length; i++) array[i] = (byte) (from + i);
            }

            @Override
            public void completed() {
                assertThat(underWay.remove(this)).isTrue();
                over();
            }

            void over() {
                if (result <= 0) return;
                if (kind == Kind.SEND) {
                    sent.merge(descriptor, result, Integer::sum);
                } else if (kind == Kind.RECEIVE) {
                    int from = received.getOrDefault(descriptor, 0);
                    for (int i = 0; i < result; i++)
                        assertThat(array[i]).isEqualTo((byte) (from + i));
                    received.merge(descriptor, result, Integer::sum);
                    assertThat(received.get(descriptor))
                            .isLessThanOrEqualTo(sent.get(peers.get(descriptor)));
                }
            }
        }

        void run() {
            for (int i = 0; i < 150; i++) step();
            settle();
            for (Step step : List.copyOf(underWay)) {
                assertThat(poller.cancel(step)).isTrue();
                assertThat(poller.submit(step)).as("%s", step.kind).isFalse();
            }
            poller.close();
            assertThat(underWay).isEmpty();
        }

        private void step() {
            Descriptor socket = sockets.get(random.nextInt(sockets.size()));
            switch (random.nextInt(40)) {
                case 0 -> socket.shutdownOutput();
                case 1 -> {
                    if (random.nextBoolean()) socket.setOption(Option.LINGER, 0);
                    socket.close();
                }
                case 2, 3, 4, 5 -> cancelOne();
                case 6, 7, 8, 9, 10, 11, 12, 13 -> poller.poll(0);
                default -> submit(socket);
            }
        }

        private void cancelOne() {
            if (underWay.isEmpty()) return;
            Step step = underWay.remove(random.nextInt(underWay.size()));
            assertThat(poller.cancel(step)).isTrue();
        }

        private void submit(Descriptor socket) {
            Kind[] kinds = {Kind.RECEIVE, Kind.SEND, Kind.READABLE, Kind.WRITABLE};
            Kind kind = kinds[random.nextInt(kinds.length)];
            if (socket.isBusy(kind)) return;
            var step = new Step(kind, socket);
            if (poller.submit(step)) step.over();
            else underWay.add(step);
        }

        private void settle() {
            for (int before = -1; before != underWay.size(); ) {
                before = underWay.size();
                poller.poll(0);
            }
        }
    }
}
