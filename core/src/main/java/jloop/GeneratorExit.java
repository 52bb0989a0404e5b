package jloop;

/// Thrown where the body of an [AsyncGenerator] yields, to end it: by [AsyncGenerator#close()].
///
/// **As in asyncio**: `GeneratorExit`, which `except Exception` lets pass; so `catch (Exception
/// e)` does here.
public final class GeneratorExit extends Error {

    private static final long serialVersionUID = 1;

    public GeneratorExit() {
        super("the generator is closed");
    }
}
