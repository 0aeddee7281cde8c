// SPDX-License-Identifier: Apache-2.0

// Functions of a row, as an ONNX graph builds them up between two dense layers.
//
// Every value that depends on the rows is held as scale * atom + shift, element by element. An atom
// is a base (the model's input, or the outputs of a layer) or a function of other values.
// Arithmetic with constants changes scale and shift only; so normalization, however it is written,
// ends up in two lists of doubles, and is rounded once where it meets the weights.

#ifndef HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_EXPRESSION_H_
#define HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_EXPRESSION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/activation/activation.h"

namespace hillock::onnx {

// Element c becomes scale[c] * x[c] + shift[c]; a list of one element stands for all elements.
struct ScaleShift {
  std::vector<double> scale{1};
  std::vector<double> shift{0};

  double scale_at(size_t c) const { return scale.size() == 1 ? scale[0] : scale[c]; }
  double shift_at(size_t c) const { return shift.size() == 1 ? shift[0] : shift[c]; }
  size_t size() const { return scale.size() + shift.size(); }
  bool is_uniform() const { return size() == 2; }
  bool is_identity() const;
  bool is_finite() const;
  bool operator==(const ScaleShift&) const = default;

  // f, then g.
  static ScaleShift Compose(const ScaleShift& f, const ScaleShift& g);
};

// An elementwise operator of ONNX that is no activation by itself but part of many.
struct Primitive {
  std::string_view op;
  size_t arity;
  double (*apply)(double a, double b, double c);
  // Whether the function has a kink or a jump where its first two operands (for one operand: it and
  // 0) are equal.
  bool kinked;

  // What computes it where it is no part of an activation: a name of model::Functions() or of the
  // activation table.
  std::string_view function;
};

// Null when there is none of that name.
const Primitive* FindPrimitive(std::string_view op);

// A value, map(atom). Operands of atoms may be constants, which have no atom: then it is map's
// shift.
struct Operand {
  static constexpr int kConstant = -1;
  int atom = kConstant;
  ScaleShift map;
};

struct Atom {
  int base = 0;                                  // the base it depends on
  const activation::Spec* activation = nullptr;  // with params and slopes
  activation::Params params{};
  std::vector<double> slopes;  // of a per-unit activation: one for all elements, or one each
  const Primitive* primitive = nullptr;
  std::vector<Operand> operands;  // none for a base

  bool is_base() const { return operands.empty(); }
};

// The atoms of a graph; an atom's operands come before it.
class Expression {
 public:
  int AddBase();
  int Add(Atom atom);

  // From now on the atom begins an expression, though it still has its operands.
  void SetBase(int atom) { atoms_[static_cast<size_t>(atom)].base = atom; }

  const Atom& operator[](int atom) const { return atoms_[static_cast<size_t>(atom)]; }

  // "Mul(x, Sigmoid(x))", cut when it is long; for messages.
  std::string Text(int atom) const { return Text(atom, 0); }

 private:
  std::string Text(int atom, int depth) const;

  std::vector<Atom> atoms_;
};

// Computes one element of a value in double precision from an element of its base.
class Evaluator {
 public:
  // At most kMaxAtoms atoms are looked at; complete() is whether that was enough.
  static constexpr size_t kMaxAtoms = 64;
  Evaluator(const Expression& expression, const Operand& root);

  // The same function of z = before(base). REQUIRES: no scale of `before` is 0.
  Evaluator After(const ScaleShift& before) const;

  bool complete() const { return complete_; }
  bool is_uniform() const;  // the same function for every element

  // Operators applied to compute one element.
  size_t steps() const { return steps_.size(); }

  // Numbers that the scales and shifts in it have.
  size_t numbers() const;

  // Every way in which the base enters the function.
  std::vector<ScaleShift> Uses() const;

  // Constants that the function of element `unit` is made of.
  std::vector<double> Constants(size_t unit) const;

  double operator()(double x, size_t unit);

  // The differences whose sign decides which branch the function takes, at the last point.
  const std::vector<double>& edges() const { return edges_; }

 private:
  static constexpr int kBase = -2;  // as the atom of an operand, beside Operand::kConstant
  struct Step {
    const Atom* atom;
    std::vector<Operand> operands;  // whose atoms are positions in steps_
  };

  double Value(const Operand& operand, size_t unit) const;
  double Apply(const Step& step, size_t unit);

  bool complete_ = true;
  std::vector<Step> steps_;  // a step's operands come before it
  Operand root_;
  std::vector<double> values_;  // by position in steps_
  std::vector<double> edges_;
  double x_ = 0;
};

}  // namespace hillock::onnx

#endif  // HILLOCK_SERVER_CORE_ONNX_SYMBOLIC_EXPRESSION_H_
