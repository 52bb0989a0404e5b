package jloop;

/// A future whose end comes from others: of a wait, a shield, a group's exit.
final class DependentFuture<T> extends Future<T> {

    private final Iterable<? extends Future<?>> others;

    /// A pending future. `others` is looked at anew whenever somebody asks what it depends on.
    DependentFuture(EventLoop loop, Iterable<? extends Future<?>> others) {
        super(loop);
        this.others = others;
    }

    @Override
    Iterable<? extends Future<?>> dependsOn() {
        return others;
    }
}
