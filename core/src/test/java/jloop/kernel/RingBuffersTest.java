package jloop.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import jloop.kernel.FaultySystemCalls.Call;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How many buffers the kernel has: what it did with them is played.
class RingBuffersTest {

    private static final int SLAB = 256;
    private static final int MOST = 4096;

    private final FaultySystemCalls calls = new FaultySystemCalls();
    private Ring ring;
    private RingBuffers buffers;
    private int refused;

    @BeforeEach
    void make() {
        ring = new Ring(calls, 8, true);
        buffers = new RingBuffers(calls, ring);
    }

    @AfterEach
    void release() {
        ring.release();
        buffers.release();
        assertThat(calls.count(Call.MMAP)).isEqualTo(calls.count(Call.MUNMAP) + refused);
        calls.release();
    }

    private void use(int count) {
        for (int i = 0; i < count; i++) buffers.used();
    }

    private void give(int count) {
        for (int id = 0; id < count; id++) buffers.give(id);
    }

    private void turns(int count, int usedInEach) {
        for (int i = 0; i < count; i++) {
            use(usedInEach);
            give(usedInEach);
            buffers.endTurn();
        }
    }

    @Test
    void buffers_thatRunOut_becomeMoreOnceForAllWhoWereToldSo() {
        assertThat(buffers.offered()).isEqualTo(SLAB);
        use(SLAB);
        assertThat(buffers.offered()).isZero();
        int before = calls.count(Call.MMAP);
        for (int i = 0; i < 10; i++) assertThat(buffers.grow()).isTrue();
        assertThat(buffers.offered()).isEqualTo(SLAB);
        assertThat(calls.count(Call.MMAP)).isEqualTo(before + 1);
        give(SLAB);
        assertThat(buffers.offered()).isEqualTo(2 * SLAB);
    }

    @Test
    void buffers_thatAreAllInUse_becomeNoMoreThanThereMayBe() {
        int all = 0;
        do {
            all += buffers.offered();
            use(buffers.offered());
        } while (buffers.grow());
        assertThat(all).isEqualTo(MOST);
        give(MOST);
        assertThat(buffers.offered()).isEqualTo(MOST);
    }

    @Test
    void buffers_withoutMemoryForMore_areThoseThereAre() {
        calls.fail(Call.MMAP, calls.count(Call.MMAP) + 1, Errno.ENOMEM);
        use(SLAB);
        assertThat(buffers.grow()).isFalse();
        refused = 1;
        buffers.give(0);
        assertThat(buffers.grow()).as("one is back").isTrue();
        assertThat(buffers.offered()).isEqualTo(1);
    }

    @Test
    void buffers_ofWhichATurnUsesFew_becomeFewer() {
        use(SLAB);
        buffers.grow();
        give(SLAB);
        turns(7_000, 40);
        assertThat(buffers.offered()).isEqualTo(SLAB);
        turns(7_000, 40);
        assertThat(buffers.offered()).isEqualTo(SLAB);
    }

    @Test
    void buffers_ofWhichATurnUsesMany_stayAsMany() {
        use(SLAB);
        buffers.grow();
        give(SLAB);
        turns(2_000, 200);
        assertThat(buffers.offered()).isEqualTo(2 * SLAB);
    }

    @Test
    void buffers_thatBecameFewer_areThereWhenTheyAreNeededAgain() {
        use(SLAB);
        buffers.grow();
        give(SLAB);
        turns(7_000, 40);
        int before = calls.count(Call.MMAP);
        use(SLAB + 100);
        assertThat(buffers.offered()).isEqualTo(SLAB - 100);
        assertThat(calls.count(Call.MMAP)).isEqualTo(before);
    }
}
