package jloop;

import java.util.Set;

/// What [Asyncio#wait] found: the futures that are done and those that are not, each in the
/// order they were given.
///
/// **Unlike asyncio**: the sets are ordered.
public record WaitResult<F extends Future<?>>(Set<F> done, Set<F> pending) { }
