//! The JSON Schema of recipes, for editors: made from the table and the flags that recipes are checked by.

use serde_json::{Map, Value, json};

use super::published::{IDLE, SECTIONS};
use super::setting::{Kind, Setting, benchmarks, settings};
use super::shape::{FOREIGN, Field, Need, RECIPE, RUN, Shape, VERSION};
use super::training::{known, methods};

/// Where the schema says it is from; also the first line of a recipe that [`super::Preset`] holds.
pub(crate) const FILE: &str = "whet-recipe.schema.json";

/// The schema of a recipe.
pub(crate) fn schema() -> Value {
    let mut schema = record(RECIPE);
    if let Some(fields) = schema.as_object_mut() {
        let draft = "https://json-schema.org/draft/2020-12/schema";
        fields.insert("$schema".into(), draft.into());
        fields.insert("$id".into(), FILE.into());
        fields.insert("title".into(), "A recipe of whet".into());
        fields.insert("$defs".into(), trainings().into());
    }
    schema
}

fn record(fields: &[Field]) -> Value {
    let mut record = properties(fields);
    let is_run = fields
        .iter()
        .any(|field| matches!(field.shape, Shape::Training));
    if let (true, Some(fields)) = (is_run, record.as_object_mut()) {
        fields.insert(
            "allOf".into(),
            methods().iter().map(|one| of_run(one)).collect(),
        );
    }
    record
}

/// Of a run of this type, what `config` may hold: settings at the top, or in sections that hold the same ones.
fn of_run(method: &str) -> Value {
    let section = json!({"$ref": format!("#/$defs/{method}")});
    let mut sections = of_training(method, true);
    for name in SECTIONS {
        let value = match sections.remove(name) {
            Some(value) => json!({"anyOf": [value, section]}),
            None => section.clone(),
        };
        sections.insert(name.to_owned(), value);
    }
    let config = json!({"$ref": format!("#/$defs/{method}"), "properties": sections});
    json!({
        "if": {"properties": {"type": {"const": method}}},
        "then": {"properties": {"config": config}},
    })
}

/// The settings of each training, once for all places where they may stand.
fn trainings() -> Map<String, Value> {
    let settings = |method: String| {
        let mut settings = of_training(&method, false);
        settings.extend(IDLE.iter().map(|name| ((*name).to_owned(), json!({}))));
        (method, json!({"type": "object", "properties": settings}))
    };
    methods().into_iter().map(settings).collect()
}

/// The settings of a training: those whose names are sections as well, or the others.
fn of_training(method: &str, are_sections: bool) -> Map<String, Value> {
    let settings = known(method).into_iter().filter(|setting| {
        let is_section = SECTIONS.contains(&setting.name.as_str());
        is_section == are_sections && !setting.name.contains('.')
    });
    let described = |setting: Setting| {
        let schema = described(of_kind(&setting), &setting.says);
        (setting.name, schema)
    };
    settings.map(described).collect()
}

fn properties(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| {
            (
                field.name.to_owned(),
                described(value(field.shape), &told(field)),
            )
        })
        .collect();
    let musts = fields.iter().filter(|field| field.need == Need::Must);
    let required: Vec<&str> = musts.map(|field| field.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn told(field: &Field) -> String {
    match field.need {
        Need::Idle => format!("{} (of training; changes nothing here)", field.says),
        _ => field.says.to_owned(),
    }
}

fn described(mut schema: Value, says: &str) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".into(), says.into());
    }
    schema
}

fn value(shape: Shape) -> Value {
    match shape {
        Shape::Word => json!({"type": ["string", "number"]}),
        Shape::Number => or_variable(json!({"type": "integer", "minimum": 0})),
        Shape::Count => or_variable(json!({"type": "integer", "minimum": 1})),
        Shape::Version => json!({"const": VERSION}),
        Shape::Switch => or_variable(json!({"type": "boolean"})),
        Shape::Words => list_of(json!({"type": "string"})),
        Shape::Choices(known) => list_of(json!({"enum": known})),
        Shape::Names => {
            json!({"type": "object", "additionalProperties": {"type": "string"}})
        }
        Shape::Many(fields) => json!({"type": "array", "items": record(fields)}),
        Shape::Runs => json!({"type": "array", "items": runs()}),
        Shape::Config => config(),
        Shape::Training => json!({"type": "object"}),
        Shape::Anything => json!({}),
    }
}

/// A run of ours has a type or a config; one without both is another program's.
fn runs() -> Value {
    let ours = json!({"anyOf": [{"required": ["type"]}, {"required": ["config"]}]});
    json!({"if": ours, "then": record(RUN), "else": record(FOREIGN)})
}

/// A variable may stand in place of any value.
fn or_variable(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "string", "pattern": "\\$\\{.+\\}"}]})
}

fn list_of(schema: Value) -> Value {
    or_variable(json!({"anyOf": [schema.clone(), {"type": "array", "items": schema}]}))
}

/// The settings of each benchmark, chosen by its type.
fn config() -> Value {
    let commands = benchmarks();
    let names = |command: &clap::Command| -> Vec<String> {
        let aliases = command.get_visible_aliases();
        std::iter::once(command.get_name())
            .chain(aliases)
            .map(str::to_owned)
            .collect()
    };
    let all: Vec<String> = commands.iter().flat_map(names).collect();
    let cases: Vec<Value> = commands
        .iter()
        .map(|command| {
            json!({
                "if": {"properties": {"type": {"enum": names(command)}}},
                "then": settings_of(command),
            })
        })
        .collect();
    json!({
        "type": "object",
        "properties": {"type": {"enum": all}},
        "required": ["type"],
        "allOf": cases,
    })
}

fn settings_of(command: &clap::Command) -> Value {
    let checkpoint =
        json!({"type": "string", "description": "The model, or the student among several"});
    let mut properties = Map::from_iter([
        ("type".to_owned(), json!({})),
        ("checkpoint".to_owned(), checkpoint),
    ]);
    for setting in settings(command) {
        let schema = described(of_kind(&setting), &setting.says);
        properties.insert(setting.name, schema);
    }
    if command.get_name() == super::benchmark::CUSTOM {
        properties.extend(custom());
    }
    json!({"properties": properties, "additionalProperties": false})
}

/// Name, description and cases of a benchmark of one's own.
fn custom() -> [(String, Value); 3] {
    let text = |says: &str| json!({"type": "string", "description": says});
    let behaviour = json!({"anyOf": [{"type": "string"}, {"type": "object"}]});
    let case = json!({
        "type": "object",
        "properties": {
            "id": text("What the case is called (default: its number)"),
            "prompt": text("What the model is asked"),
            "max_tokens": or_variable(json!({"type": "integer", "minimum": 1})),
            "expected_behavior": list_of(behaviour),
        },
        "required": ["prompt", "expected_behavior"],
        "additionalProperties": false,
    });
    [
        (
            "id".to_owned(),
            text("What the benchmark is called in reports"),
        ),
        (
            "description".to_owned(),
            text("What it is about, in a line"),
        ),
        (
            "data".to_owned(),
            json!({"anyOf": [{"type": "string"}, {"type": "array", "items": case}]}),
        ),
    ]
}

fn of_kind(setting: &Setting) -> Value {
    let choice = || match setting.choices.as_slice() {
        [] => json!({"type": ["string", "number"]}),
        choices if choices.iter().any(|choice| choice == "on") => {
            json!({"anyOf": [{"enum": choices}, {"type": "boolean"}]})
        }
        choices => json!({"enum": choices}),
    };
    match setting.kind {
        Kind::Switch => or_variable(json!({"type": "boolean"})),
        Kind::Number => or_variable(json!({"type": "number"})),
        Kind::Word => or_variable(choice()),
        Kind::Numbers => list_of(json!({"type": ["number", "string"]})),
        Kind::Words => list_of(choice()),
    }
}
