// SPDX-License-Identifier: Apache-2.0

// Every metric family that the server exposes, in one place: a metric is one row here, and a cell
// in model_metrics.h.

#ifndef HILLOCK_SERVER_METRICS_FAMILIES_H_
#define HILLOCK_SERVER_METRICS_FAMILIES_H_

#include <initializer_list>
#include <string_view>
#include <utility>

namespace hillock::metrics {

enum class Kind { kCounter, kGauge, kHistogram };

struct Family {
  std::string_view name;
  Kind kind;
  std::string_view help;
};

// Names and values of some labels of a sample. Lives as long as the expression that it stands in.
using LabelList = std::initializer_list<std::pair<std::string_view, std::string_view>>;

inline constexpr Family kActivationSeconds{
    "hillock_activation_seconds", Kind::kHistogram,
    "Time of one activation pass over a batch: every pass of its own, and profiled fused ones"};
inline constexpr Family kActivationTimedElements{
    "hillock_activation_timed_elements_total", Kind::kCounter,
    "Elements that the passes in hillock_activation_seconds went through"};
inline constexpr Family kActivationElements{"hillock_activation_elements_total", Kind::kCounter,
                                            "Elements that went through an activation"};
inline constexpr Family kLayerSeconds{"hillock_layer_seconds", Kind::kHistogram,
                                      "Time of one layer, dense part and activation, over a batch"};
inline constexpr Family kSampledElements{
    "hillock_activation_sampled_elements_total", Kind::kCounter,
    "Elements of profiled batches whose derivative was looked at"};
inline constexpr Family kSaturatedElements{
    "hillock_activation_saturated_elements_total", Kind::kCounter,
    "Of the sampled elements, those whose derivative is under 0.001: gradients vanish there"};
inline constexpr Family kLayerSampledSeconds{
    "hillock_layer_sampled_seconds_total", Kind::kCounter,
    "Time of a layer's dense part and of its activation in profiled batches"};
inline constexpr Family kActivationInput{
    "hillock_activation_input", Kind::kHistogram,
    "What goes into an activation: the sampled elements' pre-activations"};
inline constexpr Family kActivationDerivative{
    "hillock_activation_derivative", Kind::kHistogram,
    "How much of a gradient an activation lets through: |f'| of the sampled elements"};
inline constexpr Family kDeadUnits{
    "hillock_layer_dead_units", Kind::kGauge,
    "Units saturated in every sampled row of the last 64 profiled batches, such as dead ReLUs"};
inline constexpr Family kRequests{"hillock_requests_total", Kind::kCounter,
                                  "Inference requests answered, by gRPC status code"};
inline constexpr Family kRestAnswers{"hillock_rest_answers_total", Kind::kCounter,
                                     "Answers to requests of REST, by HTTP's status code"};
inline constexpr Family kRequestSeconds{
    "hillock_request_seconds", Kind::kHistogram,
    "Time of a served request: total, waiting for its batch (queue) and computing (compute)"};
inline constexpr Family kBatchRows{"hillock_batch_rows", Kind::kHistogram,
                                   "Rows of a batch that ran together"};
inline constexpr Family kRows{"hillock_rows_total", Kind::kCounter, "Rows computed"};
inline constexpr Family kRequestBytes{"hillock_request_bytes_total", Kind::kCounter,
                                      "Bytes of inference requests, without compression"};
inline constexpr Family kAnswerBytes{"hillock_answer_bytes_total", Kind::kCounter,
                                     "Bytes of their answers, without compression"};
inline constexpr Family kQueueRows{"hillock_queue_rows", Kind::kGauge,
                                   "Rows admitted and not yet answered"};
inline constexpr Family kShed{
    "hillock_shed_total", Kind::kCounter,
    "Sound requests refused because the queue is full or their deadline cannot be met, or dropped "
    "because it passed (expired) or the client is gone (cancelled)"};
inline constexpr Family kTokenCalls{
    "hillock_token_calls_total", Kind::kCounter,
    "Calls by the name of their token, with --auth-tokens; '': refused, with no known token"};
inline constexpr Family kModelLoadSeconds{"hillock_model_load_seconds", Kind::kGauge,
                                          "Time it took to compile and warm a model"};
inline constexpr Family kModelLoadedTime{"hillock_model_loaded_timestamp_seconds", Kind::kGauge,
                                         "When a model was loaded, seconds since the epoch"};
inline constexpr Family kModelState{"hillock_model_state", Kind::kGauge,
                                    "1 for the state a model version is in"};
inline constexpr Family kModelBytes{"hillock_model_bytes", Kind::kGauge,
                                    "Bytes of a model's packed weights"};
inline constexpr Family kReactorBusySeconds{
    "hillock_reactor_busy_seconds_total", Kind::kCounter,
    "Time that a reactor did not wait for work: its rate is the busy share of one core"};
inline constexpr Family kConnections{"hillock_connections", Kind::kGauge,
                                     "Open connections of a reactor"};
inline constexpr Family kCalls{"hillock_calls", Kind::kGauge,
                               "Calls of a reactor that are not over, streams included"};
inline constexpr Family kBufferedBytes{"hillock_buffered_bytes", Kind::kGauge,
                                       "Memory that requests and answers hold now"};
inline constexpr Family kBufferedLimitBytes{
    "hillock_buffered_limit_bytes", Kind::kGauge,
    "Memory that they may hold: what --max-memory-bytes leaves beside models"};
inline constexpr Family kMemoryLimitBytes{"hillock_memory_limit_bytes", Kind::kGauge,
                                          "Memory that the process should stay below"};
inline constexpr Family kCertificateExpiry{"hillock_certificate_expiry_timestamp_seconds",
                                           Kind::kGauge,
                                           "When the certificate in use ends, seconds since the "
                                           "epoch"};
// Triton's names, with --metrics-compat triton. All are by model and version.
inline constexpr Family kTritonSuccess{"nv_inference_request_success", Kind::kCounter,
                                       "Requests that succeeded"};
inline constexpr Family kTritonFailure{"nv_inference_request_failure", Kind::kCounter,
                                       "Requests that failed"};
inline constexpr Family kTritonCount{"nv_inference_count", Kind::kCounter, "Rows computed"};
inline constexpr Family kTritonExecCount{"nv_inference_exec_count", Kind::kCounter,
                                         "Batches computed"};
inline constexpr Family kTritonRequestMicros{"nv_inference_request_duration_us", Kind::kCounter,
                                             "Microseconds of requests that succeeded"};
inline constexpr Family kTritonQueueMicros{"nv_inference_queue_duration_us", Kind::kCounter,
                                           "Of these, until their batch began"};
inline constexpr Family kTritonInferMicros{"nv_inference_compute_infer_duration_us", Kind::kCounter,
                                           "Of these, in their batch"};
inline constexpr Family kTritonOutputMicros{"nv_inference_compute_output_duration_us",
                                            Kind::kCounter, "Of these, after their batch"};
inline constexpr Family kTritonPending{"nv_inference_pending_request_count", Kind::kGauge,
                                       "Rows that wait to be computed"};

inline constexpr Family kBuildInfo{"hillock_build_info", Kind::kGauge,
                                   "1; the labels tell what this server is made of"};
inline constexpr Family kProcessCpuSeconds{"process_cpu_seconds_total", Kind::kCounter,
                                           "User and system time spent"};
inline constexpr Family kProcessResidentBytes{"process_resident_memory_bytes", Kind::kGauge,
                                              "Resident memory"};
inline constexpr Family kProcessOpenFds{"process_open_fds", Kind::kGauge, "Open file descriptors"};
inline constexpr Family kProcessMaxFds{"process_max_fds", Kind::kGauge,
                                       "Most file descriptors that may be open"};
inline constexpr Family kProcessStartTime{"process_start_time_seconds", Kind::kGauge,
                                          "When the process started, seconds since the epoch"};

}  // namespace hillock::metrics

#endif  // HILLOCK_SERVER_METRICS_FAMILIES_H_
