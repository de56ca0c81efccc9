//! JSON bodies of responses.

use poem::{IntoResponse, Response};
use poem_openapi::{
    ApiResponse,
    payload::Payload,
    registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry},
    types::{ToJSON, Type},
};

const CONTENT_TYPE: &str = "application/json";

/// A body of type `application/json`. poem-openapi's own adds a charset, which RFC 8259 does not know, and for which
/// clients that are generated from the document look in vain.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Type> Payload for Json<T> {
    const CONTENT_TYPE: &'static str = CONTENT_TYPE;

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ToJSON> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let value = self.0.to_json().unwrap_or_default();
        Response::builder().content_type(CONTENT_TYPE).body(value.to_string())
    }
}

impl<T: ToJSON> ApiResponse for Json<T> {
    fn meta() -> MetaResponses {
        let content = vec![MetaMediaType { content_type: CONTENT_TYPE, schema: T::schema_ref() }];
        let response = MetaResponse {
            description: "What was asked for.",
            status: Some(200),
            status_range: None,
            content,
            headers: Vec::new(),
        };
        MetaResponses { responses: vec![response] }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
