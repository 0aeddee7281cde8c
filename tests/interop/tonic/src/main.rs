// SPDX-License-Identifier: Apache-2.0

//! Asks a server about the rows on standard input, one a line, some at once. For each it prints the
//! class and the values.
//!
//! usage: tonic_client ADDRESS MODEL

use futures::stream::{self, StreamExt, TryStreamExt};
use pb::grpc_inference_service_client::GrpcInferenceServiceClient;
use tonic::transport::Channel;

pub mod pb {
    tonic::include_proto!("inference");
}

type Error = Box<dyn std::error::Error>;

const AT_ONCE: usize = 16;

fn request(model: &str, row: &str) -> Result<pb::ModelInferRequest, Error> {
    let values = row.split_whitespace().map(str::parse).collect::<Result<Vec<f32>, _>>()?;
    let tensor = pb::model_infer_request::InferInputTensor {
        name: "input".into(),
        datatype: "FP32".into(),
        shape: vec![1, values.len() as i64],
        contents: Some(pb::InferTensorContents { fp32_contents: values, ..Default::default() }),
        ..Default::default()
    };
    Ok(pb::ModelInferRequest { model_name: model.into(), inputs: vec![tensor], ..Default::default() })
}

fn line(answer: &pb::ModelInferResponse) -> Option<String> {
    let values = &answer.outputs.first()?.contents.as_ref()?.fp32_contents;
    let labels = &answer.outputs.get(1)?.contents.as_ref()?.bytes_contents;
    let label = String::from_utf8_lossy(labels.first()?);
    let values: Vec<String> = values.iter().map(f32::to_string).collect();
    Some(format!("{label} {}", values.join(" ")))
}

async fn ask(
    mut client: GrpcInferenceServiceClient<Channel>,
    request: pb::ModelInferRequest,
) -> Result<String, Error> {
    let answer = client.model_infer(request).await?.into_inner();
    line(&answer).ok_or_else(|| "an answer without values or label".into())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, address, model] = &arguments[..] else {
        return Err("usage: tonic_client ADDRESS MODEL".into());
    };
    let client = GrpcInferenceServiceClient::connect(format!("http://{address}")).await?;
    let rows = std::io::read_to_string(std::io::stdin())?;
    let requests =
        rows.lines().map(|row| request(model, row)).collect::<Result<Vec<_>, Error>>()?;
    let answers: Vec<String> = stream::iter(requests)
        .map(|request| ask(client.clone(), request))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    println!("{}", answers.join("\n"));
    Ok(())
}
