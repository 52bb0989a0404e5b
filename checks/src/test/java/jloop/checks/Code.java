package jloop.checks;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Compiled classes, seen twice: as ArchUnit's graph, and as the bytes say.
record Code(JavaClasses classes, List<ClassModel> models) {

    /// Every class in a folder and below, but the module's own.
    static Code in(Path folder) {
        try (var files = Files.walk(folder)) {
            var models = files.filter(file -> file.toString().endsWith(".class"))
                    .filter(file -> !file.endsWith("module-info.class"))
                    .sorted()
                    .map(Code::parse)
                    .toList();
            return new Code(new ClassFileImporter().importPath(folder), models);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ClassModel parse(Path file) {
        try {
            return ClassFile.of().parse(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
