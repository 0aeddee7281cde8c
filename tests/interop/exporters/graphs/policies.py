# SPDX-License-Identifier: Apache-2.0
"""Policies, as the libraries of reinforcement learning and the game engines write them."""

import numpy as np

from graphs.building import floats, graph, ints, scalar

MLP = """
    a = Gemm <transB = 1> (obs, w1, b1)
    b = Tanh(a)
    c = Gemm <transB = 1> (b, w2, b2)
    d = Tanh(c)
"""
BODY = {"w1": (16, 8), "b1": (16,), "w2": (16, 16), "b2": (16,)}

graph("sb3_ppo_box", 17, "float[batch, 8] obs",
      "float[batch, 3] action, float[batch, 1] value, float[batch] log_prob",
      "flat = Flatten(obs)" + MLP.replace("(obs,", "(flat,") + """
    mean = Gemm <transB = 1> (d, w3, b3)
    value = Gemm <transB = 1> (d, w4, b4)
    std = Exp(log_std)
    zeros = Shape(mean)
    ones = ConstantOfShape <value = float[1] {1.0}> (zeros)
    spread = Mul(ones, std)
    noise = Mul(spread, zero)
    action = Add(mean, noise)
    diff = Sub(action, mean)
    squared = Pow(diff, two)
    var = Pow(spread, two)
    var2 = Mul(var, two)
    quotient = Div(squared, var2)
    negative = Neg(quotient)
    logs = Log(spread)
    less = Sub(negative, logs)
    density = Sub(less, half_log_two_pi)
    log_prob = ReduceSum <keepdims = 0> (density, axes)
""", **BODY, w3=(3, 16), b3=(3,), w4=(1, 16), b4=(1,), log_std=(3,), zero=scalar(0), two=scalar(2),
      half_log_two_pi=scalar(0.9189385), axes=ints(1))

graph("sb3_ppo_discrete", 17, "float[batch, 8] obs",
      "int64[batch] action, float[batch, 1] value, float[batch] log_prob", MLP + """
    logits = Gemm <transB = 1> (d, w3, b3)
    value = Gemm <transB = 1> (d, w4, b4)
    total = ReduceLogSumExp <axes = [1], keepdims = 1> (logits)
    logp = Sub(logits, total)
    probabilities = Softmax <axis = -1> (logp)
    action = ArgMax <axis = 1, keepdims = 0> (probabilities)
    index = Unsqueeze(action, last)
    picked = GatherElements <axis = -1> (logp, index)
    log_prob = Squeeze(picked, last)
""", **BODY, w3=(5, 16), b3=(5,), w4=(1, 16), b4=(1,), last=ints(-1))

graph("sb3_sac", 17, "float[batch, 8] obs", "float[batch, 2] action",
      MLP.replace("Tanh", "Relu") + """
    mean = Gemm <transB = 1> (d, w3, b3)
    raw = Gemm <transB = 1> (d, w4, b4)
    clipped = Clip(raw, low, high)
    std = Exp(clipped)
    noise = Mul(std, zero)
    sample = Add(mean, noise)
    action = Tanh(sample)
""", **BODY, w3=(2, 16), b3=(2,), w4=(2, 16), b4=(2,), low=scalar(-20), high=scalar(2),
      zero=scalar(0))

graph("sb3_td3_rescaled", 17, "float[batch, 8] obs", "float[batch, 2] action",
      MLP.replace("Tanh", "Relu") + """
    e = Gemm <transB = 1> (d, w3, b3)
    f = Tanh(e)
    g = Add(f, one)
    h = Mul(half_range, g)
    action = Add(low, h)
""", **BODY, w3=(2, 16), b3=(2,), one=scalar(1), half_range=floats(0.5, 1.5), low=floats(-1, -2))

graph("sb3_dqn", 17, "float[batch, 8] obs", "int64[batch] action", MLP.replace("Tanh", "Relu") + """
    q = Gemm <transB = 1> (d, w3, b3)
    best = ArgMax <axis = 1, keepdims = 0> (q)
    action = Reshape(best, flat)
""", **BODY, w3=(5, 16), b3=(5,), flat=ints(-1))

graph("sb3_multi_input", 17,
      "float[batch, 2, 3] image, float[batch, 4] state, int64[batch, 1] goal",
      "float[batch, 3] action", """
    a = Flatten(image)
    b = Flatten(state)
    c = Cast <to = 1> (goal)
    d = Flatten(c)
    e = Concat <axis = 1> (a, b, d)
    f = Gemm <transB = 1> (e, w1, b1)
    g = Relu(f)
    action = Gemm <transB = 1> (g, w2, b2)
""", w1=(16, 11), b1=(16,), w2=(3, 16), b2=(3,))

graph("sb3_multi_discrete", 17, "float[batch, 8] obs", "int64[batch, 2] action", MLP + """
    logits = Gemm <transB = 1> (d, w3, b3)
    first, second = Split <axis = 1> (logits, sizes)
    a1 = ArgMax <axis = 1, keepdims = 0> (first)
    a2 = ArgMax <axis = 1, keepdims = 0> (second)
    u1 = Unsqueeze(a1, last)
    u2 = Unsqueeze(a2, last)
    action = Concat <axis = 1> (u1, u2)
""", **BODY, w3=(5, 16), b3=(5,), sizes=ints(3, 2), last=ints(1))

graph("sb3_multi_binary", 17, "float[batch, 8] obs", "float[batch, 4] action", MLP + """
    logits = Gemm <transB = 1> (d, w3, b3)
    p = Sigmoid(logits)
    yes = Greater(p, half)
    action = Cast <to = 1> (yes)
""", **BODY, w3=(4, 16), b3=(4,), half=scalar(0.5))

graph("sb3_vec_normalize", 17, "float[batch, 8] obs", "float[batch, 3] action", """
    s = Sub(obs, mean)
    n = Div(s, std)
    k = Clip(n, low, high)
"""
    + MLP.replace("(obs,", "(k,")
    + """
    e = Gemm <transB = 1> (d, w3, b3)
    f = Max(e, limits_low)
    action = Min(f, limits_high)
""", **BODY, w3=(3, 16), b3=(3,), mean=(8,), std=np.full(8, 0.3, np.float32), low=scalar(-1),
      high=scalar(1), limits_low=floats(-0.1, -0.2, -0.3), limits_high=floats(0.1, 0.3, 0.2))

graph("torchrl_rank1", 18, "float[8] observation", "float[3] action, float[3] loc, float[3] scale",
      """
    a = MatMul(observation, v1)
    b = Add(a, b1)
    c = Tanh(b)
    d = MatMul(c, v2)
    e = Add(d, b2)
    loc, raw = Split <axis = -1, num_outputs = 2> (e)
    shifted = Add(raw, bias)
    soft = Softplus(shifted)
    scale = Clip(soft, low)
    action = Tanh(loc)
""", v1=(8, 16), b1=(16,), v2=(16, 6), b2=(6,), bias=scalar(0.54), low=scalar(1e-4))

graph("torchrl_rank1_state", 18, "float[8] observation, float[4] recurrent_state_in",
      "float[3] action, float[4] recurrent_state_out", """
    u = Unsqueeze(observation, zero)
    a = Gemm <transB = 1> (u, w1, b1)
    r = Relu(a)
    o = Gemm <transB = 1> (r, w3, b3)
    action = Squeeze(o, zero)
    recurrent_state_out = Identity(recurrent_state_in)
""", w1=(16, 8), b1=(16,), w3=(3, 16), b3=(3,), zero=ints(0))

graph("torchrl_rank1_discrete", 18, "float[8] observation", "int64 action, float[3] logits", """
    a = MatMul(observation, v1)
    c = Tanh(a)
    logits = MatMul(c, v2)
    action = ArgMax <axis = -1, keepdims = 0> (logits)
""", v1=(8, 16), v2=(16, 3))

graph("one_observation_many_moves", 17, "float[6] state, float[moves, 3] candidates",
      "float[moves] scores", """
    a = MatMul(state, v1)
    b = Add(a, b1)
    c = Relu(b)
    d = MatMul(candidates, v2)
    scores = MatMul(d, c)
""", v1=(6, 8), b1=(8,), v2=(3, 8))

graph("brax_tf2onnx", 11, "float[n, 8] obs", "float[n, 3] continuous_actions", """
    s = Sub(obs, mean)
    n = Mul(s, inverse)
    a = MatMul(n, v1)
    a2 = Add(a, b1)
    b = Sigmoid(a2)
    c = Mul(a2, b)
    d = MatMul(c, v2)
    d2 = Add(d, b2)
    loc, scale = Split <axis = -1, split = [3, 3]> (d2)
    continuous_actions = Tanh(loc)
""", mean=(8,), inverse=(8,), v1=(8, 16), b1=(16,), v2=(16, 6), b2=(6,))

graph("brax_tf2onnx_slice", 11, "float[n, 8] obs", "float[n, 3] continuous_actions", """
    a = MatMul(obs, v1)
    a2 = Add(a, b1)
    b = Sigmoid(a2)
    c = Mul(a2, b)
    d = MatMul(c, v2)
    d2 = Add(d, b2)
    loc = Slice(d2, starts, ends, axes, steps)
    continuous_actions = Tanh(loc)
""", v1=(8, 16), b1=(16,), v2=(16, 6), b2=(6,), starts=ints(0, 0), ends=ints(2147483647, 3),
      axes=ints(0, 1), steps=ints(1, 1))

graph("ml_agents_continuous", 9, "float[batch, 8] obs_0",
      "float[1, 3] continuous_actions, float[1, 3] deterministic_continuous_actions, "
      "float[1] version_number, "
    "float[1] memory_size, float[1, 1] continuous_action_output_shape", """
    joined = Concat <axis = -1> (obs_0)
    a = Gemm <transB = 1> (joined, w1, b1)
    s = Sigmoid(a)
    b = Mul(a, s)
    mu = Gemm <transB = 1> (b, w3, b3)
    shape = Shape(mu)
    std = Exp(log_std)
    noise = RandomNormalLike <dtype = 1> (mu)
    spread = Mul(noise, std)
    sample = Add(mu, spread)
    clipped = Clip <min = -3.0, max = 3.0> (sample)
    continuous_actions = Div(clipped, three)
    kept = Clip <min = -3.0, max = 3.0> (mu)
    deterministic_continuous_actions = Div(kept, three)
    version_number = Identity(version)
    memory_size = Identity(memory)
    continuous_action_output_shape = Identity(sizes)
""", w1=(16, 8), b1=(16,), w3=(3, 16), b3=(3,), log_std=(1, 3), three=scalar(3), version=floats(3),
      memory=floats(0), sizes=np.array([[3]], np.float32))

graph("ml_agents_discrete", 9, "float[batch, 8] obs_0, float[batch, 5] action_masks",
      "int64[1, 2] deterministic_discrete_actions, int64[batch, 64] discrete_actions, "
      "float[1, 2] discrete_action_output_shape",
      """
    a = Gemm <transB = 1> (obs_0, w1, b1)
    s = Sigmoid(a)
    b = Mul(a, s)
    l1 = Gemm <transB = 1> (b, w3, b3)
    l2 = Gemm <transB = 1> (b, w4, b4)
    m1 = Slice <axes = [1], starts = [0], ends = [3]> (action_masks)
    m2 = Slice <axes = [1], starts = [3], ends = [5]> (action_masks)
    k1 = Mul(l1, m1)
    n1 = Sub(one, m1)
    h1 = Mul(n1, big)
    f1 = Sub(k1, h1)
    k2 = Mul(l2, m2)
    n2 = Sub(one, m2)
    h2 = Mul(n2, big)
    f2 = Sub(k2, h2)
    p1 = Softmax <axis = 1> (f1)
    p2 = Softmax <axis = 1> (f2)
    a1 = ArgMax <axis = 1, keepdims = 1> (p1)
    a2 = ArgMax <axis = 1, keepdims = 1> (p2)
    deterministic_discrete_actions = Concat <axis = 1> (a1, a2)
    o1 = Softmax <axis = 1> (l1)
    e1 = Log(o1)
    r1 = Multinomial <dtype = 7, sample_size = 32> (e1)
    o2 = Softmax <axis = 1> (l2)
    e2 = Log(o2)
    r2 = Multinomial <dtype = 7, sample_size = 32> (e2)
    discrete_actions = Concat <axis = 1> (r1, r2)
    discrete_action_output_shape = Identity(sizes)
""", w1=(16, 8), b1=(16,), w3=(3, 16), b3=(3,), w4=(2, 16), b4=(2,), one=scalar(1), big=scalar(1e8),
      sizes=np.array([[3, 2]], np.float32))

graph("godot_rl", 12, "float[batch, 8] obs, float[batch] state_ins",
      "float[batch, 3] output, float[batch] state_outs", """
    cast = Cast <to = 1> (obs)
    shape = Shape(cast)
    first = Gather <axis = 0> (shape, index)
    one = Unsqueeze <axes = [0]> (first)
    sizes = Concat <axis = 0> (one, minus)
    flat = Reshape(cast, sizes)
    joined = Concat <axis = 1> (flat)
"""
    + MLP.replace("(obs,", "(joined,")
    + """
    output = Gemm <transB = 1> (d, w3, b3)
    state_outs = Identity(state_ins)
""", **BODY, w3=(3, 16), b3=(3,), index=scalar(0, np.int64), minus=ints(-1))

graph("rsl_rl_normalizer", 11, "float[1, 8] obs", "float[1, 3] actions", """
    s = Sub(obs, mean)
    t = Add(std, eps)
    n = Div(s, t)
    a = Gemm <alpha = 1.0, beta = 1.0, transB = 1> (n, w1, b1)
    b = Elu <alpha = 1.0> (a)
    c = Gemm <alpha = 1.0, beta = 1.0, transB = 1> (b, w2, b2)
    d = Elu <alpha = 1.0> (c)
    actions = Gemm <transB = 1> (d, w3, b3)
""", **BODY, w3=(3, 16), b3=(3,), mean=(1, 8), std=np.full((1, 8), 0.6, np.float32),
      eps=scalar(0.01))

graph("rl_games_normalizer", 13, "float[1, 8] obs",
      "float[1, 3] mu, float[1, 3] log_std, float[1, 1] value", """
    s = Sub(obs, mean)
    v = Add(var, eps)
    t = Sqrt(v)
    n = Div(s, t)
    c = Clip(n, low, high)
    f = Gemm <transB = 1> (c, w1, b1)
    e = Elu(f)
    mu = Gemm <transB = 1> (e, w3, b3)
    zeros = Mul(mu, zero)
    log_std = Add(zeros, sigma)
    raw = Gemm <transB = 1> (e, w4, b4)
    vs = Sqrt(vvar)
    scaled = Mul(raw, vs)
    value = Add(scaled, vmean)
""", w1=(16, 8), b1=(16,), w3=(3, 16), b3=(3,), w4=(1, 16), b4=(1,), mean=(8,),
      var=np.full(8, 0.4, np.float32), eps=scalar(1e-5), low=scalar(-5), high=scalar(5),
      zero=scalar(0), sigma=(3,), vvar=floats(2), vmean=floats(0.5))

graph("skrl_log_std", 13, "float[batch, 8] states",
      "float[batch, 3] policy_output, float[batch, 1] value_output, float[batch] log_std", """
    f = Gemm <transB = 1> (states, w1, b1)
    e = Elu(f)
    policy_output = Gemm <transB = 1> (e, w3, b3)
    value_output = Gemm <transB = 1> (e, w4, b4)
    log_std = Identity(sigma)
""", w1=(16, 8), b1=(16,), w3=(3, 16), b3=(3,), w4=(1, 16), b4=(1,), sigma=(7,))

graph("isaac_history", 13, "float[1, 2, 4] history, float[1, 8] obs", "float[1, 3] actions", """
    h = Reshape(history, flat)
    j = Concat <axis = 1> (h, obs)
    f = Gemm <transB = 1> (j, w1, b1)
    e = Elu(f)
    actions = Gemm <transB = 1> (e, w3, b3)
""", flat=ints(1, -1), w1=(16, 16), b1=(16,), w3=(3, 16), b3=(3,))

graph("dueling", 14, "float[n, 8] obs", "float[n, 4] q", """
    f = Gemm <transB = 1> (obs, w1, b1)
    e = Relu(f)
    v = Gemm <transB = 1> (e, w3, b3)
    a = Gemm <transB = 1> (e, w4, b4)
    m = ReduceMean <axes = [1], keepdims = 1> (a)
    va = Add(v, a)
    q = Sub(va, m)
""", w1=(16, 8), b1=(16,), w3=(1, 16), b3=(1,), w4=(4, 16), b4=(4,))

graph("c51_expected_value", 14, "float[n, 8] obs", "float[n, 4] q, int64[n] action", """
    f = Gemm <transB = 1> (obs, w1, b1)
    e = Relu(f)
    l = Gemm <transB = 1> (e, w3, b3)
    r = Reshape(l, shape)
    p = Softmax <axis = 2> (r)
    pz = Mul(p, support)
    q = ReduceSum <keepdims = 0> (pz, axes)
    action = ArgMax <axis = -1, keepdims = 0> (q)
""", w1=(16, 8), b1=(16,), w3=(20, 16), b3=(20,), shape=ints(-1, 4, 5),
      support=floats(-2, -1, 0, 1, 2), axes=ints(2))
