import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.parser.IParser;
import java.io.BufferedWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.hl7.fhir.r4.hapi.ctx.HapiWorkerContext;
import org.hl7.fhir.r4.model.Base;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DecimalType;
import org.hl7.fhir.r4.model.Property;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.ResourceFactory;
import org.hl7.fhir.r4.model.StringType;
import org.hl7.fhir.r4.model.StructureMap;
import org.hl7.fhir.r4.utils.StructureMapUtilities;

/** The conversion by maps of the FHIR Mapping Language in HAPI's engine: StructureMaps MAPS DATA OUT. */
public class StructureMaps {
  /** A row of a table, whose columns are its elements. They have types, since the engine's cast knows only strings. */
  static final class Row extends Base {
    private final CSVRecord cells;

    Row(CSVRecord cells) {
      this.cells = cells;
    }

    @Override
    public Base[] listChildrenByName(String name, boolean checkValid) {
      return cells.isMapped(name) && !cells.get(name).isEmpty() ? new Base[] {value(name)} : new Base[0];
    }

    private Base value(String name) {
      String text = cells.get(name);
      return switch (name) {
        case "DATE", "START", "STOP" -> new DateTimeType(text);
        case "VALUE" -> cells.get("TYPE").equals("numeric") ? new DecimalType(text) : new StringType(text);
        default -> new StringType(text);
      };
    }

    @Override
    public Base[] getProperty(int hash, String name, boolean checkValid) {
      return listChildrenByName(name, checkValid);
    }

    @Override
    protected void listChildren(List<Property> result) {}

    @Override
    public String fhirType() {
      return "Row";
    }

    @Override
    public String getIdBase() {
      return null;
    }

    @Override
    public void setIdBase(String value) {}

    @Override
    public Base copy() {
      return this;
    }
  }

  public static void main(String[] args) throws Exception {
    Path maps = Path.of(args[0]), data = Path.of(args[1]), out = Path.of(args[2]);
    FhirContext context = FhirContext.forR4();
    IParser json = context.newJsonParser();
    StructureMapUtilities engine = new StructureMapUtilities(new HapiWorkerContext(context, new DefaultProfileValidationSupport(context)));
    for (Map.Entry<String, String> table : List.of(Map.entry("patients", "Patient"), Map.entry("encounters", "Encounter"), Map.entry("observations", "Observation"))) {
      String type = table.getValue();
      StructureMap map = engine.parse(Files.readString(maps.resolve(type + ".map")), type);
      try (Reader in = Files.newBufferedReader(data.resolve(table.getKey() + ".csv"));
          BufferedWriter lines = Files.newBufferedWriter(out.resolve(type + ".ndjson"))) {
        for (CSVRecord row : CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get().parse(in)) {
          Resource made = ResourceFactory.createResource(type);
          engine.transform(null, new Row(row), map, made);
          made.setId(id(row)); // the language has no hash
          lines.write(json.encodeResourceToString(made));
          lines.newLine();
        }
      }
    }
  }

  private static String id(CSVRecord row) {
    return row.isMapped("Id") ? row.get("Id") : UUID.nameUUIDFromBytes(String.join("|", row.values()).getBytes(StandardCharsets.UTF_8)).toString();
  }
}
