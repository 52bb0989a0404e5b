package jloop;

import static jloop.Asyncio.createTask;
import static jloop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class NamesTest {

    private static final Duration ONE = Duration.ofSeconds(1);
    private static final InetAddress FOUR = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress SIX = InetAddress.ofLiteral("2001:db8::1");

    @RegisterExtension
    final LeakCheck leaks = new LeakCheck();

    private final List<String> trace = new ArrayList<>();

    /// A resolver that takes a second, and knows one address of each family.
    private List<InetAddress> slow(String host) throws UnknownHostException {
        trace.add("asked for " + host);
        try {
            sleep(ONE);
        } catch (CancelledError e) {
            trace.add("cancelled");
            throw e;
        }
        if (host.startsWith("no")) throw new UnknownHostException(host);
        return List.of(FOUR, SIX);
    }

    private EventLoop newLoop() {
        EventLoop loop = leaks.newLoop();
        loop.setResolver(this::slow);
        return loop;
    }

    private static List<String> texts(List<InetSocketAddress> addresses) {
        return addresses.stream()
                .map(each -> each.getAddress().getHostAddress() + " " + each.getPort()).toList();
    }

    // ---- Addresses, without a lookup

    @Test
    @AsIn("test_base_events.test_ipaddr_info")
    void getaddrinfo_ofAnAddress_isHadAtOnceAndOutsideOfATask() throws Exception {
        EventLoop loop = newLoop();

        assertThat(texts(loop.getaddrinfo("127.0.0.1", 80))).containsExactly("127.0.0.1 80");
        assertThat(texts(loop.getaddrinfo("::3", 0))).containsExactly("0:0:0:0:0:0:0:3 0");
        assertThat(trace).isEmpty();
    }

    @Test
    @AsIn("test_base_events.test_create_connection_ipv6_scope")
    void getaddrinfo_ofAnAddressWithAScope_keepsIt() throws Exception {
        EventLoop loop = newLoop();
        int index = NetworkInterface.networkInterfaces().findFirst().orElseThrow().getIndex();

        InetSocketAddress found = loop.getaddrinfo("fe80::1%" + index, 80).getFirst();

        assertThat(found.getAddress()).isInstanceOfSatisfying(java.net.Inet6Address.class,
                six -> assertThat(six.getScopeId()).isEqualTo(index));
        assertThat(loop.getnameinfo(found, o -> o.withNumericHost(true)))
                .startsWith("fe80:0:0:0:0:0:0:1%");
    }

    @Test
    void getaddrinfo_ofNoHost_isThisMachineOrAllInterfaces() throws Exception {
        EventLoop loop = newLoop();
        for (String none : new String[] {null, ""}) {
            assertThat(texts(loop.getaddrinfo(none, 80)))
                    .containsExactly("0:0:0:0:0:0:0:1 80", "127.0.0.1 80");
            assertThat(texts(loop.getaddrinfo(none, 80, o -> o.withPassive(true))))
                    .containsExactly("0.0.0.0 80", "0:0:0:0:0:0:0:0 80");
        }
    }

    @Test
    void getaddrinfo_familyOfAnAddressThatIsAnother_isUnknown() {
        EventLoop loop = newLoop();

        assertThatThrownBy(() -> loop.getaddrinfo("127.0.0.1", 80,
                        o -> o.withFamily(StandardProtocolFamily.INET6)))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("127.0.0.1 has no address of the family INET6");
        assertThatThrownBy(() -> loop.getaddrinfo("127.0.0.1", 80,
                        o -> o.withFamily(StandardProtocolFamily.UNIX)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void getaddrinfo_numericHostRequired_looksNothingUp() {
        EventLoop loop = newLoop();

        assertThatThrownBy(() -> loop.getaddrinfo("a", 80, o -> o.withNumericHost(true)))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("a is not an address, as is required");
        assertThat(trace).isEmpty();
    }

    @Test
    void getaddrinfo_portOutOfRange_isRejected() {
        EventLoop loop = newLoop();
        for (int port : new int[] {-1, 65_536}) {
            assertThatThrownBy(() -> loop.getaddrinfo("127.0.0.1", port))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    // ---- Names

    @Test
    void getaddrinfo_ofAName_givesWhatTheResolverSays() {
        EventLoop loop = newLoop();
        loop.runUntilComplete(() -> {
            assertThat(texts(loop.getaddrinfo("a", 80)))
                    .containsExactly("192.0.2.1 80", "2001:db8:0:0:0:0:0:1 80");
            assertThat(texts(loop.getaddrinfo("a", 80,
                            o -> o.withFamily(StandardProtocolFamily.INET6))))
                    .containsExactly("2001:db8:0:0:0:0:0:1 80");
        });
        assertThat(trace).containsExactly("asked for a", "asked for a");
    }

    @Test
    void getaddrinfo_outsideOfATask_isRejected() {
        EventLoop loop = newLoop();

        assertThatThrownBy(() -> loop.getaddrinfo("a", 80))
                .isInstanceOf(IllegalStateException.class);
        loop.runUntilComplete(() -> sleep(ONE));        // the lookup was begun, and is cancelled
        assertThat(trace).doesNotContain("asked for a");
    }

    @Test
    void getaddrinfo_ofOneNameByTwoAtOnce_isOneLookup() {
        EventLoop loop = newLoop();
        loop.runUntilComplete(() -> {
            var one = createTask(() -> loop.getaddrinfo("a", 1));
            var other = createTask(() -> loop.getaddrinfo("b", 2));
            sleep(ONE.dividedBy(2));
            var late = createTask(() -> loop.getaddrinfo("a", 3));

            assertThat(texts(one.await()).getFirst()).isEqualTo("192.0.2.1 1");
            assertThat(texts(late.await()).getFirst()).isEqualTo("192.0.2.1 3");
            assertThat(loop.time()).as("as long as the first one").isEqualTo(ONE.toNanos());
            other.await();
        });
        assertThat(trace).containsExactly("asked for a", "asked for b");
    }

    @Test
    void getaddrinfo_fails_allWhoAskedAreTold() {
        EventLoop loop = newLoop();
        loop.runUntilComplete(() -> {
            var one = createTask(() -> loop.getaddrinfo("no", 1));
            var other = createTask(() -> loop.getaddrinfo("no", 1));

            assertThatThrownBy(one::await).isInstanceOf(UnknownHostException.class);
            assertThatThrownBy(other::await).isInstanceOf(UnknownHostException.class);
        });
        assertThat(trace).containsExactly("asked for no");
    }

    @Test
    void getaddrinfo_oneOfTwoIsCancelled_theOtherGetsItsAnswer() {
        EventLoop loop = newLoop();
        loop.runUntilComplete(() -> {
            var one = createTask(() -> loop.getaddrinfo("a", 1));
            var other = createTask(() -> loop.getaddrinfo("a", 2));
            sleep(ONE.dividedBy(2));

            one.cancel();

            assertThatThrownBy(one::await).isInstanceOf(CancelledError.class);
            assertThat(loop.time()).as("at once").isEqualTo(ONE.dividedBy(2).toNanos());
            assertThat(texts(other.await()).getFirst()).isEqualTo("192.0.2.1 2");
        });
        assertThat(trace).containsExactly("asked for a");
    }

    @Test
    void getaddrinfo_allAreCancelled_theLookupIsToo() {
        EventLoop loop = newLoop();
        loop.runUntilComplete(() -> {
            var one = createTask(() -> loop.getaddrinfo("a", 1));
            var other = createTask(() -> loop.getaddrinfo("a", 2));
            sleep(ONE.dividedBy(2));

            one.cancel();
            other.cancel();
            assertThatThrownBy(one::await).isInstanceOf(CancelledError.class);
            assertThatThrownBy(other::await).isInstanceOf(CancelledError.class);

            loop.getaddrinfo("a", 1);
        });
        assertThat(trace).containsExactly("asked for a", "cancelled", "asked for a");
    }

    /// Cancels the asker in each turn there is, the one in which the lookup fails included.
    @Test
    void getaddrinfo_cancelledInAnyTurn_leavesNothing() {
        for (int turns = 0; turns < 8; turns++) {
            EventLoop loop = leaks.newLoop();
            loop.setResolver(host -> {
                sleep(Duration.ZERO);
                throw new UnknownHostException(host);
            });
            int when = turns;
            loop.runUntilComplete(() -> {
                var one = createTask(() -> loop.getaddrinfo("a", 1));
                for (int turn = 0; turn < when; turn++) sleep(Duration.ZERO);

                one.cancel();

                assertThatThrownBy(one::await)
                        .isInstanceOfAny(CancelledError.class, UnknownHostException.class);
                sleep(ONE);
            });
        }
    }

    @Test
    void getaddrinfo_lookupFailsByItsCancellation_nobodyIsTold() {
        EventLoop loop = leaks.newLoop();
        loop.setResolver(host -> {
            try {
                sleep(ONE);
            } catch (CancelledError e) {
                trace.add("cancelled");
                throw new UnknownHostException(host);
            }
            return List.of();
        });
        loop.runUntilComplete(() -> {
            var one = createTask(() -> loop.getaddrinfo("a", 1));
            sleep(ONE.dividedBy(2));

            one.cancel();

            assertThatThrownBy(one::await).isInstanceOf(CancelledError.class);
            sleep(ONE);
        });
        assertThat(trace).containsExactly("cancelled");
    }

    @Test
    void setResolver_thatFindsNothing_isAnUnknownHost() {
        EventLoop loop = leaks.newLoop();
        Resolver nothing = _ -> List.of();
        loop.setResolver(nothing);

        assertThat(loop.getResolver()).isSameAs(nothing);
        loop.runUntilComplete(() -> {
            assertThatThrownBy(() -> loop.getaddrinfo("a", 80))
                    .isInstanceOf(UnknownHostException.class).hasMessage("a has no address");
        });
    }

    // ---- getnameinfo

    @Test
    void getnameinfo_asksTheResolver() {
        EventLoop loop = leaks.newLoop();
        loop.setResolver(new Resolver() {
            @Override
            public List<InetAddress> addressesOf(String host) {
                throw new AssertionError(host);
            }

            @Override
            public String nameOf(InetAddress address) {
                trace.add("asked for " + address);
                return address.equals(FOUR) ? "four.example" : address.getHostAddress();
            }
        });
        InetSocketAddress four = new InetSocketAddress(FOUR, 80);
        InetSocketAddress six = new InetSocketAddress(SIX, 80);
        loop.runUntilComplete(() -> {
            assertThat(loop.getnameinfo(four)).isEqualTo("four.example");
            assertThat(loop.getnameinfo(four, o -> o.withNumericHost(true)))
                    .isEqualTo("192.0.2.1");
            assertThat(loop.getnameinfo(six)).isEqualTo("2001:db8:0:0:0:0:0:1");
            assertThatThrownBy(() -> loop.getnameinfo(six, o -> o.withNameRequired(true)))
                    .isInstanceOf(UnknownHostException.class)
                    .hasMessage("2001:db8:0:0:0:0:0:1 has no name");
            assertThatThrownBy(() ->
                    loop.getnameinfo(InetSocketAddress.createUnresolved("four.example", 80)))
                    .isInstanceOf(IllegalArgumentException.class);
        });
        assertThat(trace).containsExactly("asked for /192.0.2.1",
                "asked for /2001:db8:0:0:0:0:0:1", "asked for /2001:db8:0:0:0:0:0:1");
    }

    // ---- The resolver of the JDK

    @Test
    void getaddrinfo_bySystem_worksWhenTheDefaultExecutorIsShutDown() {
        EventLoop loop = leaks.newRealLoop();
        loop.runUntilComplete(() -> {
            loop.shutdownDefaultExecutor(null);

            List<InetSocketAddress> found = loop.getaddrinfo("localhost", 80);

            assertThat(found).isNotEmpty().allSatisfy(each -> {
                assertThat(each.getAddress().isLoopbackAddress()).isTrue();
                assertThat(each.getPort()).isEqualTo(80);
            });
            assertThat(loop.getnameinfo(found.getFirst())).isNotBlank();
            assertThatThrownBy(() -> loop.getaddrinfo("no such host", 80))
                    .isInstanceOf(UnknownHostException.class);
        });
    }

    @Test
    void getaddrinfo_bySystemAndCancelled_goesAtOnce() {
        EventLoop loop = leaks.newRealLoop();
        loop.runUntilComplete(() -> {
            var lookup = createTask(() -> loop.getaddrinfo("localhost", 80));
            sleep(Duration.ZERO);

            lookup.cancel();

            assertThatThrownBy(lookup::await).isInstanceOf(CancelledError.class);
            assertThat(loop.getaddrinfo("localhost", 80)).isNotEmpty();
        });
    }

    @Test
    void getaddrinfo_onAClosedLoop_isRejected() {
        EventLoop loop = leaks.newRealLoop();
        loop.close();

        assertThatThrownBy(() -> loop.getaddrinfo("127.0.0.1", 80))
                .isInstanceOf(IllegalStateException.class).hasMessage("event loop is closed");
    }
}
