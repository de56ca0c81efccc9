//! How times look in everything that the server sends, over REST and WebSocket alike.

use std::{borrow::Cow, fmt};

use chrono::Datelike;
use plaza_domain::Timestamp;
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A moment as RFC 3339 text in UTC with exactly six decimals, so that texts sort as the moments do:
/// `2026-11-21T01:02:03.123456Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UtcTime(pub Timestamp);

impl From<Timestamp> for UtcTime {
    fn from(moment: Timestamp) -> Self {
        Self(moment)
    }
}

impl UtcTime {
    fn text(self) -> String {
        self.0.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for UtcTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl JsonSchema for UtcTime {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "UtcTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"
        })
    }
}

impl Type for UtcTime {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "utc_time".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let schema = MetaSchema {
            example: Some(Value::from("2026-11-21T01:02:03.123456Z")),
            ..MetaSchema::new_with_format("string", "date-time")
        };
        MetaSchemaRef::Inline(Box::new(schema))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ParseFromJSON for UtcTime {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let value = value.unwrap_or_default();
        let text = value.as_str().ok_or("must be a time as RFC 3339 writes it")?;
        text.parse().map(Self).map_err(ParseError::custom)
    }
}

/// Of made up moments, some are earlier or later than a database can think of.
impl ParseFromParameter for UtcTime {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        let moment: Timestamp = value.parse().map_err(|_| "must be a time as RFC 3339 writes it")?;
        if (1970..10_000).contains(&moment.year()) {
            return Ok(Self(moment));
        }
        Err("must be a time in the years 1970 to 9999".into())
    }
}

impl ToJSON for UtcTime {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_second_keeps_its_six_decimals() -> Result<(), Box<dyn std::error::Error>> {
        let moment: Timestamp = "2026-11-21T01:02:03Z".parse()?;
        assert_eq!(UtcTime(moment).to_string(), "2026-11-21T01:02:03.000000Z");
        Ok(())
    }
}
