import static io.trino.testing.TestingSession.testSessionBuilder;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.trino.plugin.memory.MemoryPlugin;
import io.trino.spi.type.Type;
import io.trino.testing.LocalQueryRunner;
import io.trino.testing.MaterializedResult;
import io.trino.testing.MaterializedRow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Runs statements, parted by lines of "--;", in a Trino within this process, with tables in memory and no server.
 *
 * Writes a line of JSON for each row of a statement that begins with "-- rows of NAME", after one of its types, and one
 * for each statement that failed.
 */
public final class RunStatements {
    private static final String ASKED = "-- rows of ";
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        var session = testSessionBuilder().setCatalog("awsdatacatalog").setSchema("default").build();
        try (LocalQueryRunner trino = LocalQueryRunner.create(session);
                var out = Files.newBufferedWriter(Path.of(arguments[1]))) {
            var factory = new MemoryPlugin().getConnectorFactories().iterator().next();
            trino.createCatalog("awsdatacatalog", factory, Map.of());
            for (String part : Files.readString(Path.of(arguments[0])).split("\n--;\n")) {
                String statement = part.strip();
                String name = statement.lines().findFirst().orElse("");
                try {
                    MaterializedResult result = trino.execute(statement);
                    if (name.startsWith(ASKED)) {
                        String asked = name.substring(ASKED.length());
                        var types = result.getTypes().stream().map(Type::getDisplayName).toList();
                        out.write(JSON.writeValueAsString(Map.of("name", asked, "types", types)) + "\n");
                        for (MaterializedRow row : result.getMaterializedRows()) {
                            out.write(JSON.writeValueAsString(Map.of("name", asked, "row", row.getFields())) + "\n");
                        }
                    }
                } catch (RuntimeException fault) {
                    var told = Map.of("name", name.replaceFirst("^-- (rows of )?", ""), "fault", "" + fault.getMessage());
                    out.write(JSON.writeValueAsString(told) + "\n");
                }
            }
        }
        System.exit(0);
    }
}
