package jloop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class ExceptionGroupTest {

    private final IOException io = new IOException("io");
    private final TimeoutException late = new TimeoutException("late");
    private final IllegalStateException state = new IllegalStateException("state");
    private final AssertionError error = new AssertionError("error");

    private final ExceptionGroup inner = new ExceptionGroup("inner", List.of(late, io));
    private final ExceptionGroup group = new ExceptionGroup("outer", List.of(state, inner));
    private final List<Object> trace = new ArrayList<>();

    // ---- what it is

    @Test
    void of_choosesTheClass() {
        assertThat(ThrowableGroup.of("m", List.of(io, state))).isInstanceOf(ExceptionGroup.class);
        assertThat(ThrowableGroup.of("m", List.of(io, error)))
                .isInstanceOf(BaseExceptionGroup.class);
        assertThat(ThrowableGroup.of("m", List.of(new BaseExceptionGroup("b", List.of(error)))))
                .isInstanceOf(BaseExceptionGroup.class);
    }

    @Test
    void message_countsTheMembers() {
        assertThat(group).hasMessage("outer (2 sub-exceptions)");
        assertThat(group.message()).isEqualTo("outer");
        assertThat(new ExceptionGroup("one", List.of(io))).hasMessage("one (1 sub-exception)");
    }

    @Test
    void exceptions_areCopiedAndNeverEmpty() {
        List<Exception> given = new ArrayList<>(List.of(io));
        ExceptionGroup made = new ExceptionGroup("m", given);
        given.clear();

        assertThat(made.exceptions()).containsExactly(io).isUnmodifiable();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ExceptionGroup("m", List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ThrowableGroup.of("m", List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BaseExceptionGroup("m", List.of(io)))
                .withMessageContaining("ExceptionGroup");
    }

    @Test
    void stackTrace_showsTheMembers() {
        assertThat(group.getSuppressed()).containsExactly(state, inner);
        assertThat(inner.getSuppressed()).containsExactly(late, io);
    }

    @Test
    void serialized_keepsItsMembers() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(group);
        }
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            ExceptionGroup read = (ExceptionGroup) in.readObject();
            assertThat(read.message()).isEqualTo("outer");
            assertThat(read.exceptions()).hasSize(2);
        }
    }

    // ---- split

    @Test
    void split_byClass_keepsTheShapeOnBothSides() {
        group.initCause(new RuntimeException("why"));
        ThrowableGroup.Split split = group.split(IOException.class);

        assertThat(shape(split.matched())).isEqualTo("outer[inner[io]]");
        assertThat(shape(split.rest())).isEqualTo("outer[state, inner[late]]");
        assertThat(split.rest()).isInstanceOf(ExceptionGroup.class);
        assertThat(split.rest().asThrowable().getStackTrace()).isEqualTo(group.getStackTrace());
        assertThat(split.rest().asThrowable()).hasCause(group.getCause());
    }

    @Test
    void split_ofAllOrNothing_givesNullForTheOther() {
        assertThat(group.split(Exception.class)).isEqualTo(new ThrowableGroup.Split(group, null));
        ThrowableGroup.Split none = group.split(Error.class);
        assertThat(none.matched()).isNull();
        assertThat(shape(none.rest())).isEqualTo(shape(group));
    }

    @Test
    void split_byPredicate_asksGroupsFirst() {
        ThrowableGroup.Split split = group.split(e -> e == inner);
        assertThat(split.matched().exceptions()).containsExactly(inner);
        assertThat(shape(split.rest())).isEqualTo("outer[state]");
    }

    @Test
    void split_choosesTheClassOfEachPart() {
        ThrowableGroup mixed = ThrowableGroup.of("mixed", List.of(io, error));
        ThrowableGroup.Split split = mixed.split(IOException.class);
        assertThat(split.matched()).isInstanceOf(ExceptionGroup.class);
        assertThat(split.rest()).isInstanceOf(BaseExceptionGroup.class);
    }

    @Test
    void split_keepsWhatWasSuppressedBesidesTheMembers() {
        RuntimeException aside = new RuntimeException("aside");
        group.addSuppressed(aside);

        assertThat(group.subgroup(IOException.class).asThrowable().getSuppressed())
                .hasSize(2).contains(aside);
    }

    @Test
    void subgroupAndDerive() {
        assertThat(shape(group.subgroup(TimeoutException.class)))
                .isEqualTo("outer[inner[late]]");
        assertThat(group.subgroup(Error.class)).isNull();
        assertThat(shape(group.derive(List.of(error)))).isEqualTo("outer[error]");
    }

    @Test
    void unwrapSingle_findsTheOnlyOne() {
        assertThat(group.unwrapSingle()).isSameAs(group);
        assertThat(new ExceptionGroup("a", List.of(new ExceptionGroup("b", List.of(io))))
                .unwrapSingle()).isSameAs(io);
        ExceptionGroup two = new ExceptionGroup("a", List.of(inner));
        assertThat(two.unwrapSingle()).isSameAs(two);
    }

    // ---- handle

    @Test
    void handle_all_throwsNothing() {
        assertThatCode(() -> group.handle(Exception.class, trace::add)).doesNotThrowAnyException();
        assertThat(trace).containsExactly(group);
    }

    @Test
    void handle_some_callsOnceAndThrowsTheRest() {
        ExceptionGroup rest = catchThrowableOfType(ExceptionGroup.class,
                () -> group.handle(IOException.class, matched -> trace.add(shape(matched))));

        assertThat(trace).containsExactly("outer[inner[io]]");
        assertThat(shape(rest)).isEqualTo("outer[state, inner[late]]");
    }

    @Test
    void handle_none_throwsItAllAndCallsNothing() {
        assertThatThrownBy(() -> group.handle(Error.class, trace::add))
                .isInstanceOf(ExceptionGroup.class);
        assertThat(trace).isEmpty();
    }

    @Test
    void handle_anErrorIsLeft_throwsABaseExceptionGroup() {
        ThrowableGroup mixed = ThrowableGroup.of("mixed", List.of(io, error));
        assertThatThrownBy(() -> mixed.handle(IOException.class, trace::add))
                .isInstanceOf(BaseExceptionGroup.class)
                .hasMessage("mixed (1 sub-exception)");
    }

    @Test
    void handle_severalClauses_eachGetsWhatIsLeft() {
        assertThatCode(() -> group.handle(clauses -> clauses
                .on(IOException.class, matched -> trace.add(shape(matched)))
                .on(Error.class, matched -> trace.add("never"))
                .on(Exception.class, matched -> trace.add(shape(matched)))
                .on(Throwable.class, matched -> trace.add("nothing left"))))
                .doesNotThrowAnyException();

        assertThat(trace).containsExactly("outer[inner[io]]", "outer[state, inner[late]]");
    }

    @Test
    void handle_handlerThrows_keepsTheRestBesideIt() {
        ExceptionGroup thrown = catchThrowableOfType(ExceptionGroup.class,
                () -> group.handle(IOException.class, _ -> {
                    throw new UnsupportedOperationException("handler");
                }));

        assertThat(shape(thrown)).isEqualTo(
                "thrown while handling: outer[handler, outer[state, inner[late]]]");
    }

    @Test
    void handle_handlerThrowsItAgain_putsItBackInItsPlace() {
        ExceptionGroup thrown = catchThrowableOfType(ExceptionGroup.class,
                () -> group.handle(clauses -> clauses
                        .on(TimeoutException.class, matched -> {
                            throw Outcomes.<RuntimeException>rethrow(matched.asThrowable());
                        })
                        .on(IllegalStateException.class, trace::add)));

        assertThat(shape(thrown)).isEqualTo("outer[inner[late, io]]");
    }

    @Test
    void handle_cancelledInTheHandler_isCancelledAndTheRestIsSuppressed() {
        CancelledError cancelled = new CancelledError();
        assertThatThrownBy(() -> group.handle(IOException.class, _ -> {
            throw cancelled;
        })).isSameAs(cancelled);
        assertThat(cancelled.getSuppressed()).hasSize(1);
    }

    private static String shape(ThrowableGroup of) {
        List<String> members = new ArrayList<>();
        for (Throwable each : of.exceptions())
            members.add(each instanceof ThrowableGroup g ? shape(g) : each.getMessage());
        return of.message() + members;
    }
}
