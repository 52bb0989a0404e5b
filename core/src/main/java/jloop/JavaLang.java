package jloop;

import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/// Whether the package java.lang is open to jloop. Apart from [JdkAccess], which cannot even be
/// loaded where it is not.
final class JavaLang {

    /// The lookup that `--add-opens` grants, or null.
    static final MethodHandles.@Nullable Lookup LOOKUP = find();

    private JavaLang() { }

    static boolean isOpened() {
        return LOOKUP != null;
    }

    static String howToOpen() {
        Module module = JavaLang.class.getModule();
        return "start java with --add-opens java.base/java.lang="
                + (module.isNamed() ? module.getName() : "ALL-UNNAMED")
                + " (./jloop run does)";
    }

    private static MethodHandles.@Nullable Lookup find() {
        try {
            return MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup());
        } catch (IllegalAccessException e) {
            return null;
        }
    }
}
