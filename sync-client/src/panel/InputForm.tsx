/** Fields for the input of a route, from its type; or the input as JSON. */
import { useId, useState } from "react";
import { isObject, type JsonObject } from "../wire.js";
import { emptyValue, type Field, literalsOf, resolve, type Shape } from "./generated.js";
import { toText } from "./Json.js";

interface Props {
  shape: Shape;
  value: unknown;
  onChange: (value: unknown) => void;
}

export function InputForm({ shape, value, onChange }: Props) {
  const plain = resolve(shape);
  const fields = plain.kind === "object" && isObject(value) ? plain.fields : undefined;
  const [wantsJson, setWantsJson] = useState(false);
  return (
    <fieldset className="input">
      <legend>
        Input
        {plain.kind === "object" && (
          <button type="button" className="quiet" aria-pressed={wantsJson} onClick={() => setWantsJson(!wantsJson)}>
            JSON
          </button>
        )}
      </legend>
      {wantsJson || !fields || !isObject(value) ? (
        <JsonField label="Input as JSON" value={value} onChange={onChange} rows={8} />
      ) : fields.length === 0 ? (
        <p className="muted">This route takes none.</p>
      ) : (
        <Fields fields={fields} value={value} onChange={onChange} />
      )}
    </fieldset>
  );
}

function Fields({ fields, value, onChange }: { fields: Field[]; value: JsonObject; onChange: (value: JsonObject) => void }) {
  return (
    <div className="fields">
      {fields.map(({ name, shape, doc }) => (
        <FieldRow
          key={name}
          name={name}
          doc={doc}
          shape={shape}
          value={value[name]}
          onChange={(next) => onChange({ ...value, [name]: next })}
        />
      ))}
    </div>
  );
}

interface RowProps extends Props {
  name: string;
  doc: string;
}

function FieldRow({ name, doc, shape, value, onChange }: RowProps) {
  const id = useId();
  const { inner, isNullable } = withoutNull(shape);
  const isSet = value !== null && value !== undefined;
  return (
    <>
      <label htmlFor={id} title={doc}>
        {name}
      </label>
      <div className="field">
        {isNullable && (
          <input
            type="checkbox"
            aria-label={`${name} is given`}
            title="Given, or null"
            checked={isSet}
            onChange={(event) => onChange(event.target.checked ? emptyValue(inner) : null)}
          />
        )}
        {isNullable && !isSet ? (
          <span id={id} className="muted mono">
            null
          </span>
        ) : (
          <Control id={id} label={name} shape={inner} value={value} onChange={onChange} />
        )}
        {doc && <p className="muted doc">{doc}</p>}
      </div>
    </>
  );
}

/** The control that suits a type; JSON for what has none. */
function Control({ id, label, shape, value, onChange }: Props & { id: string; label: string }) {
  const plain = resolve(shape);
  const literals = literalsOf(plain);
  if (literals.length > 0 && typeof value === "string") {
    return (
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {literals.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    );
  }
  if (plain.kind === "boolean" && typeof value === "boolean") {
    return <input id={id} type="checkbox" checked={value} onChange={(event) => onChange(event.target.checked)} />;
  }
  if (plain.kind === "number" && typeof value === "number") {
    return (
      <input
        id={id}
        type="number"
        step="any"
        defaultValue={value}
        onChange={(event) => Number.isFinite(event.target.valueAsNumber) && onChange(event.target.valueAsNumber)}
      />
    );
  }
  if (plain.kind === "string" && typeof value === "string") {
    return <input id={id} value={value} onChange={(event) => onChange(event.target.value)} />;
  }
  if (plain.kind === "object" && isObject(value)) {
    return <Fields fields={plain.fields} value={value} onChange={onChange} />;
  }
  return <JsonField id={id} label={label} value={value} onChange={onChange} rows={3} />;
}

interface JsonFieldProps {
  id?: string;
  label: string;
  value: unknown;
  onChange: (value: unknown) => void;
  rows: number;
}

/** Keeps what is being written while it is no JSON yet. */
function JsonField({ id, label, value, onChange, rows }: JsonFieldProps) {
  const [text, setText] = useState(() => toText(value));
  const [problem, setProblem] = useState("");
  const problemId = useId();
  return (
    <div className="json-field">
      <textarea
        id={id}
        className="mono"
        aria-label={label}
        aria-invalid={problem !== ""}
        aria-describedby={problemId}
        spellCheck={false}
        rows={rows}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          try {
            onChange(JSON.parse(event.target.value));
            setProblem("");
          } catch (error) {
            setProblem(error instanceof Error ? error.message : "This is no JSON.");
          }
        }}
      />
      <p id={problemId} className="problem" role="status">
        {problem}
      </p>
    </div>
  );
}

function withoutNull(shape: Shape): { inner: Shape; isNullable: boolean } {
  const plain = resolve(shape);
  if (plain.kind !== "union") return { inner: plain, isNullable: false };
  const options = plain.options.filter((option) => resolve(option).kind !== "null");
  const inner: Shape = options.length === 1 && options[0] ? options[0] : { kind: "union", options };
  return { inner, isNullable: options.length < plain.options.length };
}
