package jloop.kernel;
class EpollPollerTest implements PollerContract {
    @Override
    public Poller newPoller() {
        return new EpollPoller();
    }
}
