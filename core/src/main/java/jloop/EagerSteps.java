package jloop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The steps that come before anything that is ready, the last one first: first steps of tasks
/// that start eagerly, and under each of them its creator, which has stepped aside for it. A
/// hand-over within such a step, to a generator and back, is a step here too.
final class EagerSteps {

    /*
     * Like ReadyQueue, push() counts what it has written in one go at its end: a
     * StackOverflowError at its entry leaves the stack as it was.
     *
     * A task that starts a task that starts a task ... has a thread at each level, so no stack
     * would ever overflow, only the heap. The limit stands for the end of the stack.
     */

    private static final int FIRST_CAPACITY = 16;
    private static final int MAX_DEPTH = 10_000;

    private @Nullable Runnable[] stack = new Runnable[FIRST_CAPACITY];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    /// Throws if nothing can be pushed any more.
    void checkDepth() {
        if (size >= MAX_DEPTH)
            throw new StackOverflowError(MAX_DEPTH + " tasks have started each other eagerly, "
                    + "and none of them has waited yet");
    }

    void push(Runnable creator, Runnable first) {
        if (size + 2 > stack.length) stack = Arrays.copyOf(stack, 2 * stack.length);
        stack[size] = creator;
        stack[size + 1] = first;
        size += 2;
    }

    /// Adds a step that comes next.
    void push(Runnable next) {
        if (size == stack.length) stack = Arrays.copyOf(stack, 2 * stack.length);
        stack[size] = next;
        size++;
    }

    /// Takes back what the last push has put here, if `first` is still to be made.
    boolean retract(Runnable first) {
        if (size < 2 || stack[size - 1] != first) return false;
        pop();
        pop();
        return true;
    }

    /// Removes and returns the next step. There must be one.
    @SuppressWarnings("NullAway")       // not null below size
    Runnable pop() {
        Runnable next = stack[--size];
        stack[size] = null;
        return next;
    }
}
