package jloop.kernel;

import jloop.ChildCheck;
import jloop.poller.Poller;
import org.junit.jupiter.api.extension.ExtendWith;

/// Child processes by posix_spawn and pidfds.
@ExtendWith(ChildCheck.class)
class EpollChildTest implements ChildContract {

    @Override
    public Poller newPoller() {
        return new EpollPoller();
    }
}
