// SPDX-License-Identifier: Apache-2.0

// Bases become layers in their order, so what a base reads has its places before the base's turn.
// Each read of a base, after(activation(before(base))), is put together of four places for scaling
// and shifting:
//
//   before   of the input: the normalization, if all reads of it want the same
//            of a dense layer: its own weights and bias
//            of any other: a layer that scales
//   after    is not computed here: it stays with the read's Place, and goes into the weights of the
//            layer that reads it
//
// An output and a row operation have nowhere to put it, so what remains for them becomes a layer
// that scales.

#include "server/core/onnx/lowering/layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace hillock::onnx {
namespace {

using model::ValueId;

// The layer W (scale x + shift) of x: W' = W diag(scale), b' = W shift.
model::Layer MakeLayer(Dense dense, ValueId source, const ScaleShift& before) {
  model::Layer layer;
  layer.name = std::move(dense.name);
  layer.source = source;
  layer.inputs = dense.inputs;
  layer.outputs = dense.outputs;
  layer.weights = std::move(dense.weights);
  layer.bias.assign(layer.outputs, 0.0f);
  if (before.is_identity()) return layer;
  for (size_t o = 0; o < layer.outputs; ++o) {
    double bias = 0;
    for (size_t i = 0; i < layer.inputs; ++i) {
      float& weight = layer.weights[o * layer.inputs + i];
      bias += double{weight} * before.shift_at(i);
      weight = static_cast<float>(double{weight} * before.scale_at(i));
    }
    layer.bias[o] = static_cast<float>(bias);
  }
  return layer;
}

// map(W x + b) in place of W x + b: W' = diag(scale) W, b' = scale b + shift.
void Append(const ScaleShift& map, model::Layer& layer) {
  for (size_t o = 0; o < layer.outputs; ++o) {
    const double scale = map.scale_at(o);
    layer.bias[o] = static_cast<float>(double{layer.bias[o]} * scale + map.shift_at(o));
    if (scale == 1) continue;
    for (size_t i = 0; i < layer.inputs; ++i) {
      float& weight = layer.weights[o * layer.inputs + i];
      weight = static_cast<float>(double{weight} * scale);
    }
  }
}

bool FitsNormalization(const ScaleShift& map) {
  const size_t count = std::max(map.scale.size(), map.shift.size());
  for (size_t c = 0; c < count; ++c) {
    const double scale = map.scale_at(c);
    const auto offset = static_cast<float>(-map.shift_at(c) / scale);
    if (scale == 0 || !std::isfinite(offset) || !std::isfinite(static_cast<float>(scale))) {
      return false;
    }
  }
  return true;
}

constexpr size_t kMaxShared = 1024;  // units of a layer that others scale and activate

bool Has(const std::vector<Form>& forms, const Form& form) {
  return std::ranges::find(forms, form) != forms.end();
}

// The forms in which W x has to be computed. A read is loose if its reader can absorb scaling and
// shifting instead. Loose reads that all want the same get it in the layer itself; those that
// differ get W x.
std::vector<Form> FormsOf(const std::vector<Read>& reads) {
  std::vector<Form> forms;
  std::vector<Form> loose;
  for (const Read& read : reads) {
    std::vector<Form>& to = read.exact || !read.form.is_plain() ? forms : loose;
    if (!Has(to, read.form)) to.push_back(read.form);
  }
  std::erase_if(loose, [&](const Form& form) { return Has(forms, form); });
  if (!loose.empty() && !Has(forms, Form())) {
    forms.push_back(loose.size() == 1 ? loose.front() : Form());
  }
  return forms;
}

// The form that layers after it can make the others of without undoing arithmetic, as undoing could
// cancel: the plain form with the scale and shift before all their activations, else W x.
Form HostOf(const std::vector<Form>& forms) {
  for (const Form& host : forms) {
    const auto begins_there = [&](const Form& form) { return form.before == host.before; };
    if (host.is_plain() && std::ranges::all_of(forms, begins_there)) return host;
  }
  return {};
}

// Whether one layer, with others after it that scale and activate, takes less than a layer for each
// form. If so, moves that layer's form to the front.
bool Shares(const model::Layer& layer, std::vector<Form>& forms) {
  if (forms.size() < 2 || layer.outputs > kMaxShared) return false;
  const Form host = HostOf(forms);
  const size_t after = forms.size() - (Has(forms, host) ? 1 : 0);
  if (layer.inputs + after >= forms.size() * layer.inputs) return false;
  std::erase(forms, host);
  forms.insert(forms.begin(), host);
  return true;
}

// Where a read ends up: rest(source), for its reader to absorb `rest`.
struct Place {
  ValueId source = ValueId::kInput;
  ScaleShift rest;
};

class LayerMaker {
 public:
  LayerMaker(RowGraph& graph, Reads reads) : graph_(graph), reads_(std::move(reads)) {
    mlp_.inputs = {model::FlatInput("", graph_.bases().begin()->second.width)};
  }

  absl::StatusOr<model::Mlp> Run(const std::vector<Wanted>& outputs) && {
    for (const auto& [atom, base] : graph_.bases()) {
      if (!reads_.of.contains(atom)) continue;
      HILLOCK_RETURN_IF_ERROR(Annotate(Make(atom, base), base.place));
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      HILLOCK_RETURN_IF_ERROR(Annotate(AddOutput(outputs[i], reads_.outputs[i]),
                                       fmt::format("output '{}'", Excerpt(outputs[i].name))));
    }
    return std::move(mlp_);
  }

 private:
  int BaseOf(const Operand& value) const { return graph_.expression()[value.atom].base; }
  Budget& budget() { return graph_.budget(); }

  absl::Status Make(int atom, const Base& base) {
    const std::vector<Read>& reads = reads_.of[atom];
    std::vector<Place>& places = places_[atom];
    if (base.operation) return MakeOperation(atom, base, reads, places);
    if (base.xs.empty()) {
      HILLOCK_ASSIGN_OR_RETURN(const std::vector<Read> rest, Normalize(reads, base.width));
      return Serve(ValueId::kInput, base.width, rest, places);
    }
    const size_t x = reads_.of_xs[atom].front();
    const Place place = places_[BaseOf(base.xs[0])][x];
    if (base.dense) {
      return MakeDense(MakeLayer(graph_.TakeDense(atom), place.source, place.rest), reads, places);
    }
    // A row activation. Where the dense layer before it already has it as its activation, the place
    // of that read is the value; elsewhere a layer of its own makes it.
    ValueId value = place.source;
    if (reads_.of[BaseOf(base.xs[0])][x].row == nullptr) {
      Form form;
      form.before = place.rest;
      form.activation = base.row;
      HILLOCK_ASSIGN_OR_RETURN(value, AddScaled(place.source, base.width, form, base.group));
    }
    return Serve(value, base.width, reads, places);
  }

  // The operation's own activation, or else the one that all its readers want.
  absl::Status MakeOperation(int atom, const Base& base, const std::vector<Read>& reads,
                             std::vector<Place>& places) {
    model::Layer layer;
    layer.operation = base.operation;
    layer.outputs = base.width;
    for (size_t i = 0; i < base.xs.size(); ++i) {
      HILLOCK_ASSIGN_OR_RETURN(layer.operands.emplace_back(),
                               ExactValue(base.xs[i], reads_.of_xs[atom][i], base.width));
    }
    const Form& first = reads.front().form;
    const bool takes =
        base.activation == nullptr && first.before.is_identity() &&
        std::ranges::all_of(reads, [&](const Read& read) { return read.form == first; });
    Form own;
    if (takes) own = first;
    if (base.activation != nullptr) {
      own.activation = base.activation;
      own.params = base.params;
      own.slopes = base.slopes;
    }
    layer.name = fmt::format("{}{}", model::NameOf(*layer.operation), mlp_.layers.size());
    const ValueId value = AddActivated(std::move(layer), own);
    if (!takes) return Serve(value, base.width, reads, places);
    for (const Read& read : reads) places.push_back({value, read.after});
    return absl::OkStatus();
  }

  // The value of an operand as it is, for a reader that cannot scale it. A constant that is the
  // same in all columns is one of them.
  absl::StatusOr<ValueId> ExactValue(const Operand& x, size_t read, size_t width) {
    if (x.atom == Operand::kConstant) return ConstantValue(x.map.shift, width);
    const Place& place = places_[BaseOf(x)][read];
    if (place.rest.is_identity()) return place.source;
    Form form;
    form.before = place.rest;
    return AddScaled(place.source, mlp_.width(place.source), form, 0);
  }

  absl::StatusOr<ValueId> ConstantValue(const std::vector<double>& numbers, size_t width) {
    const auto known = constants_.find(numbers);
    if (known != constants_.end()) return known->second;
    HILLOCK_RETURN_IF_ERROR(budget().Take(numbers.size(), 2 * sizeof(double)));
    if (numbers.size() != 1 && numbers.size() != width) {
      return absl::InvalidArgumentError(
          fmt::format("has a constant of {} values for {} columns", numbers.size(), width));
    }
    model::Layer layer;
    model::Constant constant;
    for (const double number : numbers) constant.values.push_back(static_cast<float>(number));
    layer.outputs = numbers.size();
    layer.operation = std::move(constant);
    layer.name = fmt::format("constant{}", mlp_.layers.size());
    const ValueId value = AddActivated(std::move(layer), {});
    constants_.emplace(numbers, value);
    return value;
  }

  // What is left of the reads of the input after the normalization, which is set here.
  absl::StatusOr<std::vector<Read>> Normalize(std::vector<Read> reads, size_t width) {
    const ScaleShift first = reads.front().form.before;
    const bool fits =
        std::ranges::all_of(reads, [&](const Read& read) { return read.form.before == first; }) &&
        FitsNormalization(first);
    if (!fits || first.is_identity()) return reads;
    HILLOCK_RETURN_IF_ERROR(budget().Take(2 * width, sizeof(float)));
    for (size_t c = 0; c < width; ++c) {
      const double scale = first.scale_at(c);
      const double shift = first.shift_at(c);
      mlp_.offset.push_back(shift == 0 ? 0.0f : static_cast<float>(-shift / scale));
      mlp_.scale.push_back(static_cast<float>(scale));
    }
    for (Read& read : reads) read.form.before = {};
    return reads;
  }

  // Places of the reads of a value that is not W x of a layer: every activation of it takes a layer
  // of its own, one for equal forms.
  absl::Status Serve(ValueId value, size_t width, const std::vector<Read>& reads,
                     std::vector<Place>& places) {
    std::vector<std::pair<Form, ValueId>> made;
    for (const Read& read : reads) {
      if (read.form.is_plain()) {
        places.push_back({value, read.form.before});
        continue;
      }
      auto known = std::ranges::find(made, read.form, &std::pair<Form, ValueId>::first);
      if (known == made.end()) {
        HILLOCK_ASSIGN_OR_RETURN(const ValueId layer, AddScaled(value, width, read.form, 0));
        known = made.insert(made.end(), {read.form, layer});
      }
      places.push_back({known->second, read.after});
    }
    return absl::OkStatus();
  }

  absl::Status MakeDense(model::Layer layer, const std::vector<Read>& reads,
                         std::vector<Place>& places) {
    std::vector<Form> forms = FormsOf(reads);
    const bool shares = Shares(layer, forms);
    std::vector<ValueId> values;
    if (shares) {
      HILLOCK_ASSIGN_OR_RETURN(values, MakeShared(std::move(layer), forms));
    } else {
      HILLOCK_ASSIGN_OR_RETURN(values, MakeSeparate(std::move(layer), forms));
    }
    for (const Read& read : reads) {
      const bool loose = !Has(forms, read.form);
      const auto form = std::ranges::find(forms, loose ? Form() : read.form);
      HILLOCK_CHECK(form != forms.end());
      places.push_back({values[static_cast<size_t>(form - forms.begin())],
                        loose ? read.form.before : read.after});
    }
    return absl::OkStatus();
  }

  // One layer, of the first form, and those of the others after it.
  absl::StatusOr<std::vector<ValueId>> MakeShared(model::Layer layer,
                                                  const std::vector<Form>& forms) {
    const size_t width = layer.outputs;
    std::vector<ValueId> values{Add(std::move(layer), forms.front())};
    for (size_t i = 1; i < forms.size(); ++i) {
      Form form = forms[i];
      if (form.before == forms.front().before) form.before = {};
      HILLOCK_ASSIGN_OR_RETURN(const ValueId value, AddScaled(values.front(), width, form, 0));
      values.push_back(value);
    }
    return values;
  }

  // A layer for each form; all but the last copy the weights.
  absl::StatusOr<std::vector<ValueId>> MakeSeparate(model::Layer layer,
                                                    const std::vector<Form>& forms) {
    std::vector<ValueId> values;
    for (size_t i = 0; i + 1 < forms.size(); ++i) {
      HILLOCK_RETURN_IF_ERROR(budget().Take(layer.weights.size(), sizeof(float)));
      values.push_back(Add(layer, forms[i]));
    }
    values.push_back(Add(std::move(layer), forms.back()));
    return values;
  }

  ValueId Add(model::Layer layer, const Form& form) {
    Append(form.before, layer);
    return AddActivated(std::move(layer), form);
  }

  ValueId AddActivated(model::Layer layer, const Form& form) {
    layer.activation = form.activation;
    layer.params = form.params;
    layer.slopes = form.slopes;
    mlp_.layers.push_back(std::move(layer));
    return model::OutputOf(mlp_.layers.size() - 1);
  }

  // activation(before(source)), over groups of columns for a row activation; 0: all.
  absl::StatusOr<ValueId> AddScaled(ValueId source, size_t width, const Form& form, size_t group) {
    HILLOCK_RETURN_IF_ERROR(budget().Take(2 * width, sizeof(float)));
    model::Layer layer;
    layer.name = fmt::format("scale{}", mlp_.layers.size());
    layer.operands = {source};
    layer.outputs = width;
    layer.group = group == width ? 0 : group;
    if (form.before.is_identity()) {
      layer.operation = model::Combine{model::FindFunction("copy")};
      return AddActivated(std::move(layer), form);
    }
    model::Scale scale;
    for (size_t c = 0; c < width; ++c) {
      scale.scale.push_back(static_cast<float>(form.before.scale_at(c)));
      scale.shift.push_back(static_cast<float>(form.before.shift_at(c)));
    }
    layer.operation = std::move(scale);
    return AddActivated(std::move(layer), form);
  }

  absl::Status AddOutput(const Wanted& output, size_t read) {
    const size_t width = output.rows.width();
    const Operand& value = output.rows.value;
    ValueId source = ValueId::kInput;
    if (value.atom == Operand::kConstant) {
      HILLOCK_RETURN_IF_ERROR(budget().Take(width, sizeof(double)));
      std::vector<double> numbers = value.map.shift;
      if (numbers.size() == 1) numbers.resize(width, numbers.front());
      HILLOCK_ASSIGN_OR_RETURN(source, ConstantValue(numbers, width));
    } else {
      Place& place = places_[BaseOf(value)][read];
      if (place.source == ValueId::kInput || !place.rest.is_identity()) {
        Form form;
        form.before = place.rest;
        HILLOCK_ASSIGN_OR_RETURN(place.source, AddScaled(place.source, width, form, 0));
        place.rest = {};
      }
      source = place.source;
    }
    mlp_.outputs.emplace_back();
    mlp_.outputs.back().source = source;
    return absl::OkStatus();
  }

  RowGraph& graph_;
  Reads reads_;
  std::map<int, std::vector<Place>> places_;  // of the reads of each base
  std::map<std::vector<double>, ValueId> constants_;
  model::Mlp mlp_;
};

}  // namespace

absl::StatusOr<model::Mlp> MakeLayers(RowGraph& graph, const std::vector<Wanted>& outputs) {
  HILLOCK_ASSIGN_OR_RETURN(Reads reads, CollectReads(graph, outputs));
  return LayerMaker(graph, std::move(reads)).Run(outputs);
}

}  // namespace hillock::onnx
