// SPDX-License-Identifier: Apache-2.0

// Asks a server about the rows on standard input, one a line, some at once. For each it prints the
// class and the values.
//
// usage: node client.js ADDRESS MODEL PROTO

'use strict';

const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const AT_ONCE = 16;

function request(model, row) {
  const values = row.split(' ').map(Number);
  return {
    model_name: model,
    inputs: [{
      name: 'input',
      datatype: 'FP32',
      shape: [1, values.length],
      contents: {fp32_contents: values},
    }],
  };
}

function line(answer) {
  const [values, labels] = answer.outputs.map((output) => output.contents);
  return [labels.bytes_contents[0].toString(), ...values.fp32_contents].join(' ');
}

function ask(client, message) {
  return new Promise((resolve, reject) => {
    client.ModelInfer(message, (error, answer) => error ? reject(error) : resolve(line(answer)));
  });
}

async function main([address, model, proto]) {
  const {inference} = grpc.loadPackageDefinition(loader.loadSync(proto, {keepCase: true}));
  const client =
      new inference.GRPCInferenceService(address, grpc.credentials.createInsecure());
  const rows = fs.readFileSync(0, 'utf8').trim().split('\n');
  const lines = [];
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    const some = rows.slice(i, i + AT_ONCE).map((row) => ask(client, request(model, row)));
    lines.push(...await Promise.all(some));
  }
  console.log(lines.join('\n'));
  client.close();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
