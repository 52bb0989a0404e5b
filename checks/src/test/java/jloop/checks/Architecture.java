package jloop.checks;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.toSet;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.regex.Pattern;

/// The rules of the house for a library of four packages: `root`, `root.io`,
/// `root.kernel`, `root.poller`.
///
/// The packages and exceptions are parameters, so that a test can hold the same rules against
/// classes that break them.
final class Architecture {

    /// A rule: its name, and what breaks it, one line each.
    record Rule(String name, Function<Code, List<String>> broken) {}

    private static final Pattern SAYS_LITTLE =
            Pattern.compile("(Abstract|Base|Default)([A-Z].*)?|.*(Impl|Utils?|Helper|Manager)");

    private final String root;
    private final Set<String> carriers;
    private final DescribedPredicate<JavaClass> mayLock;
    private final DescribedPredicate<JavaClass> mayChangeStatics;
    private final DescribedPredicate<JavaClass> mayBeNamedSo;

    Architecture(String root, Set<String> carriers, List<Allowed.Type> locks,
            List<Allowed.Type> statics, List<Allowed.Type> names) {
        this.root = root;
        this.carriers = carriers;
        mayLock = among(names(locks));
        mayChangeStatics = among(names(statics));
        mayBeNamedSo = among(names(names));
    }

    List<Rule> rules() {
        return List.of(
                rule("the seam depends on nothing of ours", noClasses()
                        .that().resideInAPackage(root + ".poller")
                        .should().dependOnClassesThat(ours().and(not(
                                resideInAPackage(root + ".poller"))))),
                rule("the kernel depends on nothing of ours but the seam", noClasses()
                        .that().resideInAPackage(root + ".kernel")
                        .should().dependOnClassesThat(ours()
                                .and(not(resideInAPackage(root + ".kernel")))
                                .and(not(resideInAPackage(root + ".poller"))))),
                rule("order and time know nothing of bytes, but for the facade", noClasses()
                        .that().resideInAPackage(root).and(not(facade()))
                        .should().dependOnClassesThat().resideInAPackage(root + ".io")),
                rule("packages form no cycle, but for the facade", slices()
                        .assignedFrom(packages())
                        .should().beFreeOfCycles()
                        .ignoreDependency(facade(), alwaysTrue())),
                rule("foreign memory and functions are the kernel's", noClasses()
                        .that().resideOutsideOfPackage(root + ".kernel")
                        .should().dependOnClassesThat().resideInAPackage("java.lang.foreign..")),
                rule("a library does not print",
                        GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS),
                rule("a library does not print through IO", noClasses()
                        .should().dependOnClassesThat().haveFullyQualifiedName("java.lang.IO")),
                rule("names say what a thing is", classes()
                        .that(not(mayBeNamedSo)).should(haveTellingName())),
                rule("static fields do not change", fields()
                        .that().areStatic()
                        .and().areDeclaredInClassesThat(not(mayChangeStatics)).should().beFinal()),
                rule("class chains are short", classes()
                        .that().areNotAssignableTo(Throwable.class).should(haveShortChain())),
                rule("no locks", noClasses()
                        .that(not(mayLock)).should().dependOnClassesThat(areLocks())),
                new Rule("no synchronized", code -> monitors(code, not(mayLock))),
                rule("the carrier takes no lock", noClasses()
                        .that(among(carriers)).should().dependOnClassesThat(mayBlock())),
                new Rule("the carrier is not synchronized",
                        code -> monitors(code, among(carriers))),
                rule("the carrier writes no log line", noClasses()
                        .that(among(carriers)).should().dependOnClassesThat()
                        .areAssignableTo(System.Logger.class)));
    }

    /// Classes that the lists name and the code does not have, or that need no exception.
    List<String> stale(Code code) {
        var stale = new ArrayList<String>();
        for (var name : carriers) {
            if (!code.classes().contain(name)) stale.add(name + " is no class");
        }
        var strict = new Architecture(root, carriers, List.of(), List.of(), List.of());
        var complaints = strict.rules().stream().flatMap(r -> r.broken().apply(code).stream());
        var text = String.join("\n", complaints.toList());
        for (var allowed : List.of(mayLock, mayChangeStatics, mayBeNamedSo)) {
            for (var type : allowed.getDescription().split(" ")) {
                if (!text.contains(type)) stale.add(type + " needs no exception");
            }
        }
        return stale;
    }

    private static Rule rule(String name, ArchRule rule) {
        return new Rule(name, code -> rule.allowEmptyShould(true)
                .evaluate(code.classes()).getFailureReport().getDetails());
    }

    private DescribedPredicate<JavaClass> ours() {
        return resideInAPackage(root).or(resideInAPackage(root + ".."));
    }

    private DescribedPredicate<JavaClass> facade() {
        return among(Set.of(root + ".Asyncio"));
    }

    private SliceAssignment packages() {
        return new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass type) {
                return ours().test(type)
                        ? SliceIdentifier.of(type.getPackageName())
                        : SliceIdentifier.ignore();
            }

            @Override
            public String getDescription() {
                return "packages";
            }
        };
    }

    private static Set<String> names(List<Allowed.Type> types) {
        return types.stream().map(Allowed.Type::name).collect(toSet());
    }

    /// The classes of these names and those nested in them. The description is the names.
    private static DescribedPredicate<JavaClass> among(Set<String> names) {
        return describe(String.join(" ", names), type -> names.contains(outermost(type.getName())));
    }

    private static String outermost(String name) {
        return name.replaceAll("\\$.*", "");
    }

    private static ArchCondition<JavaClass> haveTellingName() {
        return condition("have a name that says what it is", (type, events) -> {
            if (SAYS_LITTLE.matcher(type.getSimpleName()).matches()) {
                events.add(SimpleConditionEvent.violated(type, "name of " + type.getName()));
            }
        });
    }

    private ArchCondition<JavaClass> haveShortChain() {
        return condition("be one or two of ours deep", (type, events) -> {
            long ofOurs = 1 + type.getAllRawSuperclasses().stream().filter(ours()).count();
            if (ofOurs > 2) {
                events.add(SimpleConditionEvent.violated(type,
                        type.getName() + " is " + ofOurs + " deep"));
            }
        });
    }

    private static DescribedPredicate<JavaClass> areLocks() {
        return resideInAPackage("java.util.concurrent.locks")
                .and(not(describe("LockSupport", type -> type.isEquivalentTo(LockSupport.class))));
    }

    /// Classes that take locks inside, beside the locks themselves.
    private static DescribedPredicate<JavaClass> mayBlock() {
        return areLocks()
                .or(assignableTo(BlockingQueue.class))
                .or(assignableTo(ConcurrentHashMap.class))
                .or(assignableTo(CopyOnWriteArrayList.class))
                .or(assignableTo(CountDownLatch.class))
                .or(assignableTo(Semaphore.class));
    }

    private static List<String> monitors(Code code, DescribedPredicate<JavaClass> where) {
        var found = new ArrayList<String>();
        for (var model : code.models()) {
            var name = model.thisClass().asInternalName().replace('/', '.');
            if (!where.test(code.classes().get(name))) continue;
            for (var method : model.methods()) {
                if (isSynchronized(method)) {
                    found.add(name + "." + method.methodName().stringValue()
                            + " is or has a synchronized block");
                }
            }
        }
        return found;
    }

    private static boolean isSynchronized(MethodModel method) {
        return method.flags().has(AccessFlag.SYNCHRONIZED)
                || method.code().stream().flatMap(code -> code.elementStream()).anyMatch(
                        element -> element instanceof Instruction instruction
                                && instruction.opcode() == Opcode.MONITORENTER);
    }

    private static ArchCondition<JavaClass> condition(String description, Check check) {
        return new ArchCondition<>(description) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                check.of(type, events);
            }
        };
    }

    private interface Check {
        void of(JavaClass type, ConditionEvents events);
    }
}
