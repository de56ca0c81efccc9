//! Makes what poem-openapi says about operations exact: each is documented with the errors that it can answer with,
//! and with nothing that trips up generators of clients.

use std::collections::HashMap;

use poem::{endpoint::BoxEndpoint, http::Method};
use poem_openapi::{
    OpenApi,
    registry::{
        MetaApi, MetaMediaType, MetaOperation, MetaParamIn, MetaResponse, MetaSchema, MetaSchemaRef, Registry,
    },
};

use super::examples::example;
use crate::problem::{PROBLEM_CONTENT_TYPE, ProblemKind, limit_headers};

/// The operations whose body, or who asks, and not whose path, names something that may not be there.
const NAMES_SOMEBODY: [&str; 5] =
    ["get_export", "open_direct_room", "request_friend", "set_avatar", "link_identity"];

/// The operations that tell those who may not come in that it is so.
const LETS_IN: [&str; 3] = ["login", "login_second_factor", "redeem_login_code"];

/// The operation that reads what is in a file, and cannot before it was scanned.
const TELLS_WORDS: &str = "get_file_text";

/// The operation that ends a login by a provider, and tells why there is none.
const ENDS_LOGIN: &str = "finish_provider_login";

/// The operations that are not limited.
const UNLIMITED: [&str; 2] = ["get_liveness", "get_readiness"];

/// The same operations, documented exactly.
pub(super) struct Documented<T>(pub(super) T);

impl<T: OpenApi> OpenApi for Documented<T> {
    fn meta() -> Vec<MetaApi> {
        let mut apis = T::meta();
        one_a_path(&mut apis);
        let paths = apis.iter_mut().flat_map(|api| &mut api.paths);
        for operation in paths.flat_map(|path| &mut path.operations) {
            let responses = std::mem::take(&mut operation.responses.responses);
            let possible =
                responses.into_iter().filter(|response| is_possible(operation, response)).collect();
            operation.responses.responses = one_a_status(possible);
            tell_limits(operation);
        }
        apis
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
        for (name, schema) in &mut registry.schemas {
            schema.example = schema.example.take().or_else(|| example(name));
            for (_, property) in &mut schema.properties {
                say_once(property);
            }
        }
    }

    fn add_routes(self, route_table: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        self.0.add_routes(route_table);
    }
}

/// A path that several files serve comes once: of two with one name, readers of JSON keep the last.
fn one_a_path(apis: &mut [MetaApi]) {
    let mut operations: HashMap<String, Vec<MetaOperation>> = HashMap::new();
    for path in apis.iter_mut().flat_map(|api| &mut api.paths) {
        operations.entry(path.path.clone()).or_default().append(&mut path.operations);
    }
    for api in apis {
        for path in &mut api.paths {
            path.operations = operations.remove(&path.path).unwrap_or_default();
        }
        api.paths.retain(|path| !path.operations.is_empty());
    }
}

/// Whether an operation can answer with it. All operations share one type of errors, which documents all of them.
fn is_possible(operation: &MetaOperation, response: &MetaResponse) -> bool {
    let [MetaMediaType { content_type: PROBLEM_CONTENT_TYPE, .. }] = response.content.as_slice() else {
        return true;
    };
    let kind = ProblemKind::ALL.into_iter().find(|kind| Some(kind.status().as_u16()) == response.status);
    let has_session = !operation.security.is_empty();
    let content_type = operation.request.as_ref().and_then(|request| request.content.first());
    let is_upload = content_type.is_some_and(|content| content.content_type.starts_with("multipart/"));
    let has_body = content_type.is_some();
    let is_link = operation.params.iter().any(|param| param.name == "signature");
    let tells_words = operation.operation_id == Some(TELLS_WORDS);
    let id = operation.operation_id.unwrap_or_default();
    let ends_login = id == ENDS_LOGIN;
    match kind {
        Some(ProblemKind::Unauthenticated) => has_session || has_body || ends_login,
        // Links are refused without a session, too.
        Some(ProblemKind::Forbidden) => {
            has_session
                || is_link
                || ends_login
                || operation.operation_id.is_some_and(|id| LETS_IN.contains(&id))
        }
        Some(ProblemKind::NotFound) => {
            let names_somebody = operation.operation_id.is_some_and(|id| NAMES_SOMEBODY.contains(&id));
            names_somebody || operation.params.iter().any(|param| param.in_type == MetaParamIn::Path)
        }
        // Only what serves the contents of files says this of itself.
        _ if response.description == ProblemKind::FileNotScanned.title() => true,
        Some(ProblemKind::Conflict) => operation.method != Method::GET || tells_words || ends_login,
        Some(ProblemKind::RateLimited) => !UNLIMITED.contains(&id),
        Some(ProblemKind::UnsupportedMediaType) => has_body,
        Some(ProblemKind::Invalid) => has_body || !operation.params.is_empty(),
        Some(ProblemKind::RequestTimeout | ProblemKind::StorageFull) => is_upload,
        _ => true,
    }
}

/// Every answer tells what is left of the limits.
fn tell_limits(operation: &mut MetaOperation) {
    if operation.operation_id.is_some_and(|id| UNLIMITED.contains(&id)) {
        return;
    }
    let successes = operation.responses.responses.iter_mut();
    for response in successes.filter(|response| response.status.is_some_and(|status| status < 400)) {
        response.headers.extend(limit_headers());
    }
}

/// Responses by rising status; those of the same status are one with several types of content.
fn one_a_status(responses: Vec<MetaResponse>) -> Vec<MetaResponse> {
    let mut merged: Vec<MetaResponse> = Vec::new();
    for mut response in responses {
        for header in &mut response.headers {
            header.name = title_case(&header.name);
        }
        match merged.iter_mut().find(|known| known.status == response.status) {
            Some(known) => known.content.append(&mut response.content),
            None => merged.push(response),
        }
    }
    merged.sort_by_key(|response| response.status);
    merged
}

/// Derived responses shout the names of their headers.
fn title_case(name: &str) -> String {
    if name.chars().any(|c| c.is_ascii_lowercase()) {
        return name.to_owned();
    }
    let title = |part: &str| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_owned() + &rest.to_ascii_lowercase()
    };
    name.split('-').map(title).collect::<Vec<_>>().join("-")
}

/// A property that refers to a type, and is described, comes as the sum of the type and of a description that stands
/// beside it already; generators take that for a new type, or for none.
fn say_once(property: &mut MetaSchemaRef) {
    let MetaSchemaRef::Inline(schema) = property else { return };
    if let [MetaSchemaRef::Reference(_), MetaSchemaRef::Inline(_)] = schema.all_of.as_slice() {
        schema.all_of.truncate(1);
    }
    if let MetaSchema { items: Some(items), .. } = &mut **schema {
        say_once(items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_headers_are_written_as_usual() {
        assert_eq!(title_case("CONTENT-RANGE"), "Content-Range");
        assert_eq!(title_case("ETag"), "ETag");
        assert_eq!(title_case("X-"), "X-");
    }
}
