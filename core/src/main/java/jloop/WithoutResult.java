package jloop;

/// A [VoidCoroutine] as a coroutine: see [VoidCoroutine#returningNull()].
///
/// Of Object instead of Void, so that its stack has no bridge method in it.
@SuppressWarnings("NullAway")               // Void has no value but null
record WithoutResult(VoidCoroutine body) implements Coroutine<Object> {

    @SuppressWarnings("unchecked")          // null is of each type
    static Coroutine<Void> of(VoidCoroutine body) {
        return (Coroutine<Void>) (Coroutine<?>) new WithoutResult(body);
    }

    @Override
    public Object run() throws Exception {
        body.run();
        return null;
    }

    @Override
    public String toString() {
        return Naming.of(body);
    }
}
