package jloop;

import java.util.List;

/// Several exceptions thrown as one.
///
/// See [ThrowableGroup] for what can be done with it. It is checked: a program says where it
/// takes care of what its tasks throw.
///
/// **As in asyncio**: `ExceptionGroup`.
public final class ExceptionGroup extends Exception implements ThrowableGroup {

    private static final long serialVersionUID = 1;

    private final String message;
    @SuppressWarnings("serial")             // List.copyOf makes serializable lists
    private final List<Throwable> exceptions;

    /// A group of `exceptions`, which are copied.
    ///
    /// **Errors**: IllegalArgumentException if there are none.
    public ExceptionGroup(String message, List<? extends Exception> exceptions) {
        super(GroupMembers.text(message, exceptions));
        this.message = message;
        this.exceptions = GroupMembers.of(this, exceptions);
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
    public ExceptionGroup asThrowable() {
        return this;
    }
}
