//! Keyset paging: `?limit=1..200&cursor=…`, where the cursor is the key of the last item, opaque to the client.

use crate::problem::Problem;
use actix_web::http::header::LINK;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// How many items a page has when the caller does not say.
const LIMIT_DEFAULT: u16 = 50;

/// The most items of a page.
pub const LIMIT_MAX: u16 = 200;

/// The parameters of a list that has no filters. One with filters declares these two among its own and calls
/// [`Window::parse`].
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The part that is asked for of a list ordered by `K`.
    pub fn window<K: Serialize + DeserializeOwned>(&self) -> Result<Window<K>, Problem> {
        Window::parse(self.limit, self.cursor.as_deref())
    }
}

/// Which part of a list is asked for. `K` is the key by which the list is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window<K> {
    limit: u16,
    /// The key of the last item of the page before, if any.
    pub after: Option<K>,
}

impl<K: Serialize + DeserializeOwned> Window<K> {
    /// From the parameters `limit` and `cursor`.
    pub fn parse(limit: Option<u16>, cursor: Option<&str>) -> Result<Window<K>, Problem> {
        let limit = limit.unwrap_or(LIMIT_DEFAULT);
        if limit == 0 || limit > LIMIT_MAX {
            return Err(Problem::invalid("/limit", format!("must be 1 to {LIMIT_MAX}")));
        }
        let after = cursor.map(decode).transpose()?;
        Ok(Window { limit, after })
    }

    /// How many rows to ask the database for: one more than the page has, to know whether there is a next one.
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// How many items the page has at most.
    pub fn limit(&self) -> usize {
        usize::from(self.limit)
    }

    /// The page of the rows that came back; `key` is that of a row, `body` what is shown of it.
    pub fn page<R, T>(&self, rows: Vec<R>, key: impl Fn(&R) -> K, body: impl Fn(R) -> T) -> Page<T> {
        let limit = usize::from(self.limit);
        let more = rows.len() > limit;
        let next_cursor = rows.get(limit - 1).filter(|_| more).map(|last| encode(&key(last)));
        Page { items: rows.into_iter().take(limit).map(body).collect(), next_cursor }
    }
}

/// The cursor that leads to the item after the one with this key.
pub fn encode(key: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).expect("a key is made of ids, numbers and texts"))
}

fn decode<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    // PostgreSQL takes no text with NUL, and so no key has one.
    let bytes = bytes.filter(|bytes| !bytes.windows(6).any(|escaped| escaped == b"\\u0000"));
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| Problem::invalid("/cursor", "not a cursor of this list: take it from next_cursor as it is"))
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Where the next page begins; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T: Serialize> Page<T> {
    /// The answer, with `Link: rel="next"` (RFC 8288) beside `next_cursor`.
    pub fn respond(&self, request: &HttpRequest) -> HttpResponse {
        respond(self, self.next_cursor.as_deref(), request)
    }
}

/// The answer with a body that has items and a `next_cursor` among other things, and the same `Link`.
pub fn respond(body: &impl Serialize, next_cursor: Option<&str>, request: &HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = next_cursor {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
            if name != "cursor" {
                query.append_pair(&name, &value);
            }
        }
        query.append_pair("cursor", cursor);
        response.insert_header((LINK, format!("<{}?{}>; rel=\"next\"", request.path(), query.finish())));
    }
    response.json(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_cursor_leads_to_the_item_after_the_last_one_shown() {
        let window = Window::<u32>::parse(Some(2), None).unwrap();
        assert_eq!(window.fetch(), 3);
        let page = window.page(vec![1, 2, 3], |row| *row, |row| row * 10);
        assert_eq!(page.items, [10, 20]);
        let next = Window::<u32>::parse(Some(2), page.next_cursor.as_deref()).unwrap();
        assert_eq!(next.after, Some(2));
        assert_eq!(next.page(vec![3], |row| *row, |row| row).next_cursor, None);
    }

    #[test]
    fn a_limit_out_of_bounds_and_a_made_up_cursor_are_refused() {
        for limit in [0, 201] {
            assert_eq!(Window::<u32>::parse(Some(limit), None).unwrap_err().body().status, 422);
        }
        for cursor in ["", "!", "bm90IGpzb24", "IjEi"] {
            assert_eq!(Window::<u32>::parse(None, Some(cursor)).unwrap_err().body().errors[0].pointer, "/cursor");
        }
    }

    #[test]
    fn a_cursor_with_nul_in_it_is_made_up() {
        assert_eq!(Window::<String>::parse(None, Some(&encode(&"a"))).unwrap().after.as_deref(), Some("a"));
        let refused = Window::<String>::parse(None, Some(&encode(&"a\0"))).unwrap_err();
        assert_eq!(refused.body().errors[0].pointer, "/cursor");
    }

    #[test]
    fn the_link_keeps_the_other_parameters() {
        let page = Page { items: vec![1], next_cursor: Some("abc".into()) };
        let request = TestRequest::with_uri("/v1/books?limit=1&cursor=old&q=a%20b").to_http_request();
        let link = page.respond(&request).headers().get(LINK).unwrap().to_str().unwrap().to_owned();
        assert_eq!(link, "</v1/books?limit=1&q=a+b&cursor=abc>; rel=\"next\"");
    }
}
