// SPDX-License-Identifier: Apache-2.0
fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=../../../proto/inference.proto");
    tonic_prost_build::configure()
        .build_server(false)
        .compile_protos(&["../../../proto/inference.proto"], &["../../../proto"])
}
