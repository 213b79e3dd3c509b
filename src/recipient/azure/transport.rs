//! The shared client for HTTP as Microsoft's libraries take it, with a bound to what comes back: they
//! read an answer to its end.

use async_trait::async_trait;
use azure_core::Error;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use futures_util::StreamExt as _;

use crate::recipient::network::MAX_ANSWER_BYTES;

/// A client whose answers have a bearable length.
#[derive(Debug)]
pub(super) struct Bounded(pub(super) reqwest::Client);

#[async_trait]
impl HttpClient for Bounded {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (status, headers, body) = HttpClient::execute_request(&self.0, request).await?.deconstruct();
        let mut left = MAX_ANSWER_BYTES;
        let bounded = body.map(move |chunk| {
            let chunk = chunk?;
            left = left.checked_sub(chunk.len()).ok_or_else(too_long)?;
            Ok(chunk)
        });
        Ok(AsyncRawResponse::new(status, headers, Box::pin(bounded)))
    }
}

fn too_long() -> Error {
    Error::with_message(ErrorKind::Io, "the answer is too long")
}
