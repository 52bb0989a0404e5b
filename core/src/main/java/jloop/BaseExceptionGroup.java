package jloop;

import java.util.List;

/// Several exceptions thrown as one, at least one of which is an [Error].
///
/// See [ThrowableGroup] for what can be done with it. As any error it is unchecked, and
/// `catch (Exception e)` lets it pass.
///
/// **As in asyncio**: `BaseExceptionGroup`.
public final class BaseExceptionGroup extends Error implements ThrowableGroup {

    private static final long serialVersionUID = 1;

    private final String message;
    @SuppressWarnings("serial")             // List.copyOf makes serializable lists
    private final List<Throwable> exceptions;

    /// A group of `exceptions`, which are copied. [ThrowableGroup#of] chooses the class.
    ///
    /// **Errors**: IllegalArgumentException if there are none, or only exceptions.
    public BaseExceptionGroup(String message, List<? extends Throwable> exceptions) {
        super(GroupMembers.text(message, exceptions));
        this.message = message;
        this.exceptions = GroupMembers.of(this, exceptions);
        if (exceptions.stream().allMatch(each -> each instanceof Exception))
            throw new IllegalArgumentException("a group of exceptions alone is an "
                    + "ExceptionGroup, and none of these is an error: " + exceptions);
    }

    @Override
    public String message() {
        return message;
    }

    @Override
    public List<Throwable> exceptions() {
        return exceptions;
    }

    @Override
    public BaseExceptionGroup asThrowable() {
        return this;
    }
}
