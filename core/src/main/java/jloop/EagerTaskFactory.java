package jloop;

/// Has `maker` make tasks that start eagerly, unless their options say otherwise.
record EagerTaskFactory(TaskFactory maker) implements TaskFactory {

    static final EagerTaskFactory DEFAULT = new EagerTaskFactory(Task::new);

    @Override
    public <T> Task<T> create(EventLoop loop, Coroutine<T> coroutine, TaskOptions options) {
        return maker.create(loop, coroutine,
                options.eagerStart() == null ? options.withEagerStart(true) : options);
    }

    @Override
    public String toString() {
        return "<EagerTaskFactory of " + Naming.of(maker) + ">";
    }
}
