package jloop.checks;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.TypeVariable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/// What users of a module can see: its exported types and their public and protected members,
/// with generics, nullness and declared exceptions. A member's line repeats its type, so that a
/// line of a difference can be read on its own.
final class PublicFace {

    private PublicFace() {}

    /// The lines for the module in a folder of classes, which is on the class path too.
    static List<String> lines(Path folder) throws IOException, ClassNotFoundException {
        ModuleDescriptor module;
        try (var in = Files.newInputStream(folder.resolve("module-info.class"))) {
            module = ModuleDescriptor.read(in);
        }
        var lines = new ArrayList<String>();
        for (var export : new TreeSet<>(module.exports())) {
            if (export.isQualified()) continue;
            for (var name : classNames(folder, export.source())) {
                var type = Class.forName(name, false, PublicFace.class.getClassLoader());
                if (isOpen(type)) lines.addAll(describe(type));
            }
        }
        return lines;
    }

    /// The lines for one type: itself, then its members, sorted.
    static List<String> describe(Class<?> type) {
        var lines = new ArrayList<String>();
        lines.add(header(type));
        var members = new TreeSet<String>();
        // What a hidden superclass declares is seen as the type's own.
        for (Class<?> c = type; c == type || c != null && isHidden(c); c = c.getSuperclass()) {
            Stream.of(c.getDeclaredFields(), c.getDeclaredMethods(),
                            c == type ? c.getDeclaredConstructors() : new Member[0])
                    .flatMap(Arrays::stream)
                    .filter(member -> isOpen(member.getModifiers()) && !member.isSynthetic())
                    .map(member -> "  " + type.getName() + ": " + describe(member))
                    .forEach(members::add);
        }
        lines.addAll(members);
        return lines;
    }

    private static String header(Class<?> type) {
        // Its own text has the modifiers, the kind, and the type parameters.
        var text = new StringBuilder(type.toGenericString());
        var above = type.getAnnotatedSuperclass();
        for (Class<?> c = type.getSuperclass(); c != null && isHidden(c); c = c.getSuperclass()) {
            above = c.getAnnotatedSuperclass();
        }
        if (above != null && above.getType() != Object.class) {
            text.append(" extends ").append(above);
        }
        var interfaces = type.getAnnotatedInterfaces();
        if (interfaces.length > 0) text.append(" implements ").append(list(interfaces));
        if (type.isSealed()) {
            var permitted = Stream.of(type.getPermittedSubclasses()).filter(PublicFace::isOpen)
                    .map(Class::getName).collect(joining(", "));
            if (!permitted.isEmpty()) text.append(" permits ").append(permitted);
        }
        return tidy(text.toString());
    }

    private static String describe(Member member) {
        var modifiers = Modifier.toString(member.getModifiers() & mask(member));
        return tidy(modifiers + (modifiers.isEmpty() ? "" : " ") + switch (member) {
            case Field f -> f.getAnnotatedType() + " " + f.getName();
            case Constructor<?> c -> parameters(c) + "new" + arguments(c);
            case Method m -> (m.isDefault() ? "default " : "") + parameters(m)
                    + m.getAnnotatedReturnType() + " " + m.getName() + arguments(m);
            default -> throw new IllegalStateException(member.toString());
        });
    }

    private static int mask(Member member) {
        // `synchronized` and `native` are not the caller's business.
        return member instanceof Executable
                ? Modifier.PUBLIC | Modifier.PROTECTED | Modifier.STATIC | Modifier.FINAL
                        | Modifier.ABSTRACT
                : Modifier.fieldModifiers() & ~Modifier.VOLATILE & ~Modifier.TRANSIENT;
    }

    private static String parameters(Executable member) {
        var all = member.getTypeParameters();
        if (all.length == 0) return "";
        return Stream.of(all).map(PublicFace::bounded).collect(joining(", ", "<", "> "));
    }

    private static String bounded(TypeVariable<?> variable) {
        var bounds = Stream.of(variable.getAnnotatedBounds()).map(Object::toString)
                .filter(bound -> !bound.equals("java.lang.Object")).collect(joining(" & "));
        return variable.getName() + (bounds.isEmpty() ? "" : " extends " + bounds);
    }

    private static String arguments(Executable member) {
        var arguments = list(member.getAnnotatedParameterTypes());
        if (member.isVarArgs()) arguments = arguments.replaceFirst("\\[]$", "...");
        var thrown = member.getAnnotatedExceptionTypes();
        return "(" + arguments + ")" + (thrown.length == 0 ? "" : " throws " + list(thrown));
    }

    private static String list(AnnotatedType[] types) {
        return Stream.of(types).map(Object::toString).collect(joining(", "));
    }

    private static String tidy(String text) {
        return text.replace("org.jspecify.annotations.", "")
                .replace("@Nullable()", "@Nullable")
                .replaceAll("\\bjava\\.lang\\.(?=@|[A-Z])", "");
    }

    private static List<String> classNames(Path folder, String inPackage) throws IOException {
        try (var files = Files.list(folder.resolve(inPackage.replace('.', '/')))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".class") && !file.equals("package-info.class"))
                    .map(file -> inPackage + "." + file.replaceFirst("\\.class$", ""))
                    .sorted()
                    .toList();
        }
    }

    private static boolean isHidden(Class<?> type) {
        return type.getPackageName().startsWith("jloop") && !isOpen(type);
    }

    private static boolean isOpen(Class<?> type) {
        for (Class<?> c = type; c != null; c = c.getDeclaringClass()) {
            if (!isOpen(c.getModifiers())) return false;
        }
        return !type.isAnonymousClass() && !type.isLocalClass();
    }

    private static boolean isOpen(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }
}
