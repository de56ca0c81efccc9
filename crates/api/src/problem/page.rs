//! `/problems/{kind}`: the page to which a problem's `type` leads.

use poem::{IntoResponse, Response, handler, web::Html, web::Path};

use super::{ApiError, ProblemKind};

/// Explains a kind of problem.
#[handler]
pub(crate) fn problem_page(Path(slug): Path<String>) -> Result<Response, ApiError> {
    let kind = ProblemKind::ALL
        .into_iter()
        .find(|kind| kind.slug() == slug)
        .ok_or_else(|| ApiError::new(ProblemKind::NotFound, "there is no such kind of problem"))?;
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<h1>{title}</h1>\n<p>Status code {status}.</p>\n<p>{explanation}</p>\n\
         <p><a href=\"/docs\">The API's documentation</a></p>\n</html>\n",
        title = kind.title(),
        status = kind.status().as_u16(),
        explanation = kind.explanation(),
    );
    let mut response = Html(page).into_response();
    response.headers_mut().insert(
        poem::http::header::CACHE_CONTROL,
        poem::http::HeaderValue::from_static("public, max-age=3600"),
    );
    Ok(response)
}
