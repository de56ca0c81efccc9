//! The documentation: four pages to look at it, and the documents themselves. The pages bring everything with them: nothing is
//! loaded from elsewhere.

use poem::{
    Endpoint, EndpointExt, IntoResponse, Response, Route, endpoint::make_sync, get, http::header,
    middleware::Compression, web::Html,
};

use super::app::{document, service};
use crate::ws;

/// Long enough to go from page to page, short enough after an upgrade.
const CACHE: &str = "public, max-age=300";

/// `/docs`, `/docs/redoc`, `/docs/scalar`, `/docs/websocket` and `/docs/asyncapi.json`.
pub(super) fn documentation() -> impl Endpoint {
    let service = service();
    Route::new()
        .at("/", page(service.swagger_ui_html()))
        .at("/redoc", page(without_web_fonts(&service.redoc_html())))
        .at("/scalar", page(with_own_fonts(&service.scalar_html())))
        .at("/websocket", page(ws::page()))
        .at("/asyncapi.json", json(ws::document()))
        .with(Compression::new())
}

/// `/api/v1/openapi.json`.
pub(super) fn openapi() -> impl Endpoint {
    json(document()).with(Compression::new())
}

fn json(document: String) -> impl Endpoint {
    get(make_sync(move |_| {
        Response::builder()
            .content_type("application/json")
            .header(header::CACHE_CONTROL, CACHE)
            .body(document.clone())
    }))
}

fn page(html: String) -> impl Endpoint {
    get(make_sync(move |_| Html(html.clone()).with_header(header::CACHE_CONTROL, CACHE).into_response()))
}

/// poem-openapi's page for Redoc asks Google for two fonts; the browser has fonts of its own.
fn without_web_fonts(html: &str) -> String {
    html.lines().filter(|line| !line.contains("fonts.googleapis.com")).collect::<Vec<_>>().join("\n")
}

/// Scalar asks its makers for fonts unless it is told not to.
fn with_own_fonts(html: &str) -> String {
    html.replacen(
        "id=\"api-reference\"",
        "id=\"api-reference\" data-configuration='{\"withDefaultFonts\": false}'",
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_loads_anything_from_elsewhere() {
        let service = service();
        let pages = [
            service.swagger_ui_html(),
            without_web_fonts(&service.redoc_html()),
            service.scalar_html(),
            ws::page(),
        ];
        for html in pages {
            for loading in ["<link href=\"http", "<script src=", "@import url(http"] {
                assert!(!html.contains(loading), "{loading}");
            }
        }
    }

    #[test]
    fn taking_the_fonts_out_leaves_the_page() {
        let html = without_web_fonts(&service().redoc_html());
        assert!(html.contains("Redoc.init(spec") && html.contains("</html>"));
    }

    #[test]
    fn scalar_is_told_to_use_the_fonts_that_are_there() {
        assert!(with_own_fonts(&service().scalar_html()).contains("withDefaultFonts"));
    }
}
