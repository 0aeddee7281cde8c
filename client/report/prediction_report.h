// SPDX-License-Identifier: Apache-2.0

// Predictions as text for people and as JSON for machines. Pure.

#ifndef HILLOCK_CLIENT_REPORT_PREDICTION_REPORT_H_
#define HILLOCK_CLIENT_REPORT_PREDICTION_REPORT_H_

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "client/plot/picture.h"
#include "client/report/prediction.h"
#include "client/rows/rows.h"
#include "client/text/terminal.h"

namespace hillock::client {

// One line a row: its number, the label with its probability, the best `top` classes, and the
// expected label with a mark. A model that names no classes has its outputs in place of the
// classes, a multilabel one both its label and its outputs. Where scores are no probabilities they
// are printed as numbers.
std::string PredictionTable(const Predictions& predictions, size_t top, const Look& look);

// The prediction of a row beside a picture of the row, with a bar for each of the best `top`.
// REQUIRES: pixels.size() == size.height * size.width.
std::string PredictionPicture(const Predictions& predictions, const Prediction& prediction,
                              std::span<const float> pixels, PictureSize size, size_t top,
                              const Look& look);

// {"model", "version", "rows": [{"row", "label", "probabilities", "expected"}], "accuracy", "n"}.
// "expected", "accuracy" and "n" are there when labels are known. The "label" of a multilabel model
// is a list, 1 or 0 for each class. A model that names no classes has
// "outputs" in place of "label" and "probabilities". One with several outputs has {"model",
// "version", "outputs": [{"output", "rows", "accuracy", "n"}]}. REQUIRES: at least one.
nlohmann::ordered_json PredictionJson(const std::vector<Predictions>& outputs);

}  // namespace hillock::client

#endif  // HILLOCK_CLIENT_REPORT_PREDICTION_REPORT_H_
